/** @module The evidence store's thread: a slow disk or database here delays no packet and no journal commit. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls } from '../worker-call.ts'
import { openEvidenceStore } from './open-store.ts'
import type { StoreOwner } from './owner.ts'
import type { EvidenceStore } from './port.ts'

export interface StoreWorkerData {
  where: string
  owner: StoreOwner
}

/** One call of the port. */
export interface StoreRequest {
  method: keyof EvidenceStore | 'open'
  args: unknown[]
}

let store: EvidenceStore | undefined
/** One at a time: a call sees what the calls before it did, although some of them wait. */
let last: Promise<unknown> = Promise.resolve()

answerCalls(parentPort, (request: StoreRequest) => {
  const answer = last.then(() => carryOut(request))
  last = answer.catch(() => undefined) // told to whoever asked
  return answer
})

async function carryOut({ method, args }: StoreRequest): Promise<unknown> {
  // Opened anew after a failure: the disk or the database may be back.
  const { where, owner } = workerData as StoreWorkerData
  store ??= await openEvidenceStore(where, owner)
  if (method === 'open') return undefined
  const work = store[method] as (...given: unknown[]) => unknown
  return work(...args)
}
