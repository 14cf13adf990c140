/** @module A compiled mapping. Every event meets it as it was after its start: nothing that a handler left behind is seen. */
import type { Logger } from 'pino'
import { newBlock, newEvent, newTransaction, type TriggerEvent } from './ethereum.ts'
import { exposeGlobals } from './expose-globals.ts'
import { DeterministicError } from './heap.ts'
import { hostFunctions, type MappingStore } from './imports.ts'
import { type Image, Instance } from './instance.ts'

export interface Mapping {
  /** Runs one handler. Throws DeterministicError when the mapping fails. */
  run(handler: string, event: TriggerEvent): void
}

/** An instance with the block and transaction of its events already in memory. */
interface Prepared {
  instance: Instance
  started: Image
  /** Of this transaction, by identity; the events of one follow each other. */
  transaction?: { of: unknown; image: Image; block: number; transaction: number }
}

/** Compiles the module. Throws when it imports what the engine does not offer, naming all of it. */
export function loadMapping(wasm: Uint8Array<ArrayBuffer>, store: MappingStore, log: Logger): Mapping {
  const module = new WebAssembly.Module(exposeGlobals(wasm))
  const typeIds = new Map<number, number>()
  let running: Instance | undefined
  let prepared: Prepared | undefined
  const heap = () => running?.heap ?? fail('a host function before the instance')
  const imports = importsOf(module, hostFunctions(heap, store, log))
  const start = (): Prepared => {
    running = new Instance(module, imports, typeIds)
    running.handlers._start?.(0) // it may call the host too
    return { instance: running, started: running.image() }
  }
  return {
    run(handler, event) {
      try {
        prepared ??= start()
        const { instance } = prepared
        const handle = instance.handlers[handler] ?? fail(`the mapping has no handler ${handler}`)
        const places = prepareTransaction(prepared, event)
        handle(newEvent(instance.heap, event, places))
        if (instance.isTooLarge()) prepared = undefined
      } catch (error) {
        prepared = undefined // what stopped midway is not reused
        // A trap (unreachable, out of bounds, stack) is as deterministic as an abort.
        if (error instanceof WebAssembly.RuntimeError) throw new DeterministicError(`${handler}: ${error.message}`)
        throw error
      }
    },
  }
}

/** graph-ts spreads its functions over modules; names alone tell them apart. */
function importsOf(module: WebAssembly.Module, host: ReturnType<typeof hostFunctions>): WebAssembly.Imports {
  const wanted = WebAssembly.Module.imports(module)
  const missing = wanted.filter(({ name }) => !Object.hasOwn(host, name)).map(({ name }) => name)
  if (missing.length > 0) throw new Error(`the mapping imports what the engine does not offer: ${missing.join(', ')}`)
  const imports: WebAssembly.Imports = {}
  for (const { module: from, name } of wanted) imports[from] = { ...imports[from], [name]: host[name] as () => number }
  return imports
}

/** Block and transaction are written once for all events of the transaction. */
function prepareTransaction(prepared: Prepared, event: TriggerEvent): { block: number; transaction: number } {
  const { instance, started } = prepared
  if (prepared.transaction?.of !== event.transaction) {
    instance.restore(started)
    const block = newBlock(instance.heap, event.block)
    const transaction = newTransaction(instance.heap, event.transaction)
    prepared.transaction = {
      of: event.transaction,
      image: instance.image(prepared.transaction?.image),
      block,
      transaction,
    }
  }
  instance.restore(prepared.transaction.image)
  return prepared.transaction
}

function fail(why: string): never {
  throw new Error(why)
}
