/** @module A compiled mapping: a fresh instance for every event, as Graph Node does, since a reused one leaks its globals. */
import type { Logger } from 'pino'
import { newEvent, type TriggerEvent } from './ethereum.ts'
import { DeterministicError, Heap } from './heap.ts'
import { hostFunctions, type MappingStore } from './imports.ts'

export interface Mapping {
  /** Runs one handler. Throws DeterministicError when the mapping fails. */
  run(handler: string, event: TriggerEvent): void
}

/** Compiles the module. Throws when it imports what the engine does not offer, naming all of it. */
export function loadMapping(wasm: Uint8Array<ArrayBuffer>, store: MappingStore, log: Logger): Mapping {
  const module = new WebAssembly.Module(wasm)
  const wanted = WebAssembly.Module.imports(module)
  const typeIds = new Map<number, number>()
  let heap: Heap | undefined
  const host = hostFunctions(() => heap ?? fail('a host function before the instance'), store, log)
  const missing = wanted.filter(({ name }) => !Object.hasOwn(host, name)).map(({ name }) => name)
  if (missing.length > 0) throw new Error(`the mapping imports what the engine does not offer: ${missing.join(', ')}`)
  // graph-ts spreads its functions over modules; names alone tell them apart.
  const imports: WebAssembly.Imports = {}
  for (const { module: from, name } of wanted) imports[from] = { ...imports[from], [name]: host[name] as () => number }
  return {
    run(handler, event) {
      const { exports } = new WebAssembly.Instance(module, imports)
      heap = new Heap(exports, typeIds)
      const { _start: begin, [handler]: handle } = exports as Record<string, (at?: number) => void>
      if (handle === undefined) fail(`the mapping has no handler ${handler}`)
      try {
        begin?.()
        handle(newEvent(heap, event))
      } catch (error) {
        // A trap (unreachable, out of bounds, stack) is as deterministic as an abort.
        if (error instanceof WebAssembly.RuntimeError) throw new DeterministicError(`${handler}: ${error.message}`)
        throw error
      }
    },
  }
}

function fail(why: string): never {
  throw new Error(why)
}
