/**
 * @module One instance of the mapping, put back to an earlier state before each event: as fresh as a new one, which Graph Node
 * makes for every event, at a fraction of its price. All that an instance can change is its memory and its globals.
 */
import { GLOBAL_PREFIX } from './expose-globals.ts'
import { Heap } from './heap.ts'

/** An instance that once needed more is not kept: its memory cannot shrink. */
const MAX_KEPT_BYTES = 16 << 20

export interface Image {
  memory: Uint8Array
  globals: readonly number[]
}

export class Instance {
  readonly heap: Heap
  readonly handlers: Record<string, ((event: number) => void) | undefined>
  readonly #memory: WebAssembly.Memory
  readonly #globals: WebAssembly.Global[]
  readonly #allocate: (size: number, id: number) => number

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports, typeIds: Map<number, number>) {
    const { exports } = new WebAssembly.Instance(module, imports)
    const names = Object.keys(exports).filter((name) => name.startsWith(GLOBAL_PREFIX))
    this.heap = new Heap(exports, typeIds)
    this.handlers = exports as Instance['handlers']
    this.#memory = exports.memory as WebAssembly.Memory
    this.#globals = names.map((name) => exports[name] as WebAssembly.Global)
    this.#allocate = exports.__new as (size: number, id: number) => number
  }

  /** The state as it is now. It may be written over an image that is no longer wanted. */
  image(unwanted?: Image): Image {
    // Read first: to ask for the end of the heap moves it.
    const globals = this.#globals.map(({ value }) => value as number)
    const memory = copyOver(unwanted?.memory, new Uint8Array(this.#memory.buffer, 0, this.#end()))
    this.#globals.forEach((global, i) => {
      global.value = globals[i]
    })
    return { memory, globals }
  }

  /** What lies beyond the image is zero again, as in memory that was never used. */
  restore({ memory, globals }: Image): void {
    const end = this.#end()
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(memory)
    bytes.fill(0, memory.length, end)
    this.#globals.forEach((global, i) => {
      global.value = globals[i]
    })
    this.heap.begin()
  }

  isTooLarge(): boolean {
    return this.#memory.buffer.byteLength > MAX_KEPT_BYTES
  }

  /** The stub runtime only ever allocates upward: nothing lies above its newest object. */
  #end(): number {
    return Math.min(this.#allocate(0, 0) + 16, this.#memory.buffer.byteLength)
  }
}

/** One copy a transaction would be megabytes of garbage a second, and outside of what the collector counts at once. */
function copyOver(old: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  const room =
    old !== undefined && old.buffer.byteLength >= bytes.length ? old.buffer : new ArrayBuffer(bytes.length * 2)
  const copy = new Uint8Array(room, 0, bytes.length)
  copy.set(bytes)
  return copy
}
