/** @module The evidence store's thread: a slow disk here delays no packet and no journal commit. */
import { parentPort, workerData } from 'node:worker_threads'
import type { StoredEvidence } from '../port.ts'
import type { WorkerAnswer } from '../worker-call.ts'
import { type EvidenceWriter, openEvidenceWriter } from './evidence-file.ts'

export interface StoreWorkerData {
  path: string
}

export type StoreRequest = { kind: 'open' } | { kind: 'put'; rows: StoredEvidence[] } | { kind: 'close' }

let writer: EvidenceWriter | undefined

parentPort?.on('message', (request: StoreRequest) => {
  let answer: WorkerAnswer<undefined> = { ok: true, value: undefined }
  try {
    // Opened anew after a failure: the disk may be back.
    writer ??= openEvidenceWriter((workerData as StoreWorkerData).path)
    if (request.kind === 'put') writer.put(request.rows)
    if (request.kind === 'close') writer.close()
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    answer = { ok: false, error: message, ...(code === undefined ? {} : { errorCode: code }) }
  }
  parentPort?.postMessage(answer)
})
