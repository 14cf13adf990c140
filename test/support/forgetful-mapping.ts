/**
 * @module A mapping in WebAssembly, written by hand: its handler traps if it finds what an earlier run left in a global or in
 * memory, and then leaves both.
 */

/** Exports what a graph-ts module does, as far as the engine calls it, and the handler `handle`. */
export function forgetfulMapping(): Uint8Array<ArrayBuffer> {
  const types = [0x03, 0x60, 2, I32, I32, 1, I32, 0x60, 1, I32, 1, I32, 0x60, 1, I32, 0]
  const globals = [0x02, I32, 1, 0x41, 0x80, 0x08, END, I32, 1, 0x41, 0x00, END] // next free byte: 1,024; runs: 0
  const exports = [0x04, ...exported('memory', 2, 0), ...exported('__new', 0, 0)]
  exports.push(...exported('id_of_type', 0, 1), ...exported('handle', 0, 2))
  const allocate = [0x01, 0x01, I32, 0x23, 0, 0x22, 2, 0x20, 0, 0x41, 16, 0x6a, 0x6a, 0x24, 0, 0x20, 2, END]
  const idOfType = [0x00, 0x41, 0, END]
  const trapIfTrue = [0x04, 0x40, 0x00, END]
  const looks = [0x23, 1, ...trapIfTrue, 0x41, 16, 0x28, 2, 0, ...trapIfTrue]
  const leaves = [0x41, 1, 0x24, 1, 0x41, 16, 0x41, 1, 0x36, 2, 0]
  const bodies = [allocate, idOfType, [0x00, ...looks, ...leaves, END]].flatMap((body) => [body.length, ...body])
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const declared = [...section(1, types), ...section(3, [3, 0, 1, 2]), ...section(5, [1, 0, 1]), ...section(6, globals)]
  return Uint8Array.from([...header, ...declared, ...section(7, exports), ...section(10, [3, ...bodies])])
}

const I32 = 0x7f
const END = 0x0b

const section = (id: number, body: number[]): number[] => [id, body.length, ...body]
const exported = (name: string, kind: number, index: number): number[] => [
  name.length,
  ...Buffer.from(name),
  kind,
  index,
]
