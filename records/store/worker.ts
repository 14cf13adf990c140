/** @module The evidence store's thread: a slow disk or database here delays no packet and no journal commit. */
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerAnswer } from '../worker-call.ts'
import { openEvidenceStore } from './open-store.ts'
import type { EvidenceStore } from './port.ts'

export interface StoreWorkerData {
  where: string
}

/** One call of the port. */
export interface StoreRequest {
  method: keyof EvidenceStore | 'open'
  args: unknown[]
}

let store: EvidenceStore | undefined
/** One at a time: answers come in the order of the calls, although some of them wait. */
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: StoreRequest) => {
  last = last.then(async () => parentPort?.postMessage(await answer(request)))
})

async function answer({ method, args }: StoreRequest): Promise<WorkerAnswer<unknown>> {
  try {
    // Opened anew after a failure: the disk or the database may be back.
    store ??= await openEvidenceStore((workerData as StoreWorkerData).where)
    if (method === 'open') return { ok: true, value: undefined }
    const work = store[method] as (...given: unknown[]) => unknown
    return { ok: true, value: await work(...args) }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    return { ok: false, error: message, ...(code === undefined ? {} : { errorCode: code }) }
  }
}
