/** @module The evidence store as the recorder's main thread has it: the same port, each call answered by the thread. */
import { RecordsError, type RecordsErrorCode } from '../port.ts'
import { startWorker } from '../worker-call.ts'
import type { EvidenceStore } from './port.ts'
import type { StoreRequest, StoreWorkerData } from './worker.ts'

const CLOSE_MS = 3_000

export interface StoreThread extends Omit<EvidenceStore, 'close'> {
  /** Resolves when the store could be opened; it is tried again by every later call. */
  open(): Promise<void>
  end(): Promise<void>
}

/** Starts the thread. Every call rejects RecordsError; STORE_UNREACHABLE where no other code fits. */
export function startStoreThread(data: StoreWorkerData): StoreThread {
  const worker = startWorker<StoreRequest, unknown>(new URL('./worker.ts', import.meta.url), data)
  const ask =
    <M extends StoreRequest['method']>(method: M) =>
    async (...args: unknown[]): Promise<never> => {
      try {
        return (await worker.call({ method, args })) as never
      } catch (error) {
        const { message, code } = error as Error & { code?: string }
        throw new RecordsError((code ?? 'STORE_UNREACHABLE') as RecordsErrorCode, message, { cause: error })
      }
    }
  return {
    open: ask('open'),
    batch: ask('batch'),
    one: ask('one'),
    put: ask('put'),
    putPurpose: ask('putPurpose'),
    purpose: ask('purpose'),
    putErasure: ask('putErasure'),
    erasures: ask('erasures'),
    erase: ask('erase'),
    forgetRequests: ask('forgetRequests'),
    erasePurposes: ask('erasePurposes'),
    countOpen: ask('countOpen'),
    countErasable: ask('countErasable'),
    reportsWith: ask('reportsWith'),
    noteReport: ask('noteReport'),
    putReport: ask('putReport'),
    report: ask('report'),
    reportsOf: ask('reportsOf'),
    unfinishedReports: ask('unfinishedReports'),
    doneReports: ask('doneReports'),
    keepReport: ask('keepReport'),
    reportFile: ask('reportFile'),
    pruneReports: ask('pruneReports'),
    acknowledge: ask('acknowledge'),
    acknowledged: ask('acknowledged'),
    putHold: ask('putHold'),
    holds: ask('holds'),
    scrub: ask('scrub'),
    async end() {
      // It could not be opened, and there is nothing to close; or it does not answer, and goes with the thread.
      const closed = ask('close')().catch(() => {})
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())])
      await worker.end()
    },
  }
}
