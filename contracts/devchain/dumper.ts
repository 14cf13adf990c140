/** @module The thread that dumps the embedded chain's state, as the chain's keeper calls it: one dump at a time. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Dumped, DumpPlace } from './dump-worker.ts'

export interface Dumper {
  /** Resolves, when it is durable, with the block that the dump holds at least. Rejects with what went wrong. */
  dump(): Promise<number>
  end(): Promise<void>
}

export function createDumper(place: DumpPlace): Dumper {
  let worker: Worker | undefined
  const start = (): Worker => {
    const started = new Worker(new URL('./dump-worker.ts', import.meta.url), { workerData: place })
    started.unref()
    started.once('exit', () => {
      worker = undefined // the next dump starts another
    })
    return started
  }
  return {
    async dump() {
      worker ??= start()
      worker.ref()
      worker.postMessage('dump')
      const [dumped] = (await once(worker, 'message')) as [Dumped]
      worker?.unref()
      if ('error' in dumped) throw new Error(dumped.error)
      return dumped.through
    },
    async end() {
      await worker?.terminate()
    },
  }
}
