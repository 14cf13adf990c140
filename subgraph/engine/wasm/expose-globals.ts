/**
 * @module Adds an export for every mutable global to a WebAssembly module, so that an instance can be put back to an earlier
 * state. Code and data stay as they are. Pure.
 */

/** Exports are named so: no AssemblyScript name can be. */
export const GLOBAL_PREFIX = '$global '

const SECTION = { import: 2, global: 6, export: 7 } as const
const GLOBAL_KIND = 3

/** Throws for a module that cannot be read: it is refused before its first event. */
export function exposeGlobals(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm)
  const imported = countImportedGlobals(sections.find(({ id }) => id === SECTION.import)?.body)
  const mutable = mutableGlobals(sections.find(({ id }) => id === SECTION.global)?.body, imported)
  const parts = [wasm.subarray(0, 8)]
  for (const { id, body } of sections) {
    const written = id === SECTION.export ? withExports(body, mutable) : body
    parts.push(Uint8Array.of(id), leb(written.length), written)
  }
  return Uint8Array.from(Buffer.concat(parts))
}

interface Section {
  id: number
  body: Uint8Array
}

function readSections(wasm: Uint8Array): Section[] {
  const sections: Section[] = []
  const reader = new Reader(wasm, 8)
  while (!reader.isAtEnd()) {
    const id = reader.byte()
    sections.push({ id, body: reader.bytes(reader.leb()) })
  }
  return sections
}

function countImportedGlobals(body: Uint8Array | undefined): number {
  if (body === undefined) return 0
  const reader = new Reader(body)
  let count = 0
  for (let left = reader.leb(); left > 0; left--) {
    reader.bytes(reader.leb()) // module
    reader.bytes(reader.leb()) // name
    const kind = reader.byte()
    if (kind === GLOBAL_KIND) count++
    if (kind === 0) reader.leb()
    else if (kind === GLOBAL_KIND) reader.bytes(2)
    else throw new Error(`the mapping imports something of kind ${kind}, which the engine does not offer`)
  }
  return count
}

function mutableGlobals(body: Uint8Array | undefined, imported: number): number[] {
  if (body === undefined) return []
  const reader = new Reader(body)
  const count = reader.leb()
  return Array.from({ length: count }, (_, i) => {
    const [, mutability] = reader.bytes(2)
    reader.skipConstant()
    return mutability === 1 ? [imported + i] : []
  }).flat()
}

function withExports(body: Uint8Array, globals: readonly number[]): Uint8Array {
  const reader = new Reader(body)
  const count = reader.leb()
  const added = globals.map((index) => {
    const name = Buffer.from(`${GLOBAL_PREFIX}${index}`)
    return Buffer.concat([leb(name.length), name, Uint8Array.of(GLOBAL_KIND), leb(index)])
  })
  return Buffer.concat([leb(count + globals.length), reader.rest(), ...added])
}

class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error('the mapping is no whole WebAssembly module')
    return byte
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Error('the mapping is no whole WebAssembly module')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  leb(): number {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }

  /** A constant expression of one instruction, as compilers write them. */
  skipConstant(): void {
    const opcode = this.byte()
    if (opcode === 0x43) this.bytes(4)
    else if (opcode === 0x44) this.bytes(8)
    else if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23) this.leb()
    else throw new Error(`the mapping begins a global with instruction ${opcode}, which the engine does not know`)
    if (this.byte() !== 0x0b) throw new Error('the mapping begins a global with a longer expression')
  }
}

function leb(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest)
    bytes.push((rest % 128) | 0x80)
  }
}
