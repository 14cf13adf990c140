/** @module The journal's thread as the main thread calls it, typed by what is asked. */
import { RecordsError, type RecordsErrorCode } from '../port.ts'
import { startWorker } from '../worker-call.ts'
import { isLarge, JOURNAL_SCHEMA } from './database.ts'
import type { JournalAnswers, JournalRequest, JournalWorkerData } from './worker.ts'

export interface JournalThread {
  /** Resolves with the answer to this kind of request. Rejects RecordsError; JOURNAL_WRITE_FAILED where no code fits. */
  call<K extends JournalRequest['kind']>(request: Extract<JournalRequest, { kind: K }>): Promise<JournalAnswers[K]>
  end(): Promise<void>
}

export function startJournalThread(data: JournalWorkerData): JournalThread {
  const worker = startWorker<JournalRequest, unknown>(new URL('./worker.ts', import.meta.url), data)
  return {
    call: (request) =>
      worker.call(request).catch((cause: Error & { code?: string }) => {
        const code = (cause.code ?? 'JOURNAL_WRITE_FAILED') as RecordsErrorCode
        throw new RecordsError(code, cause.message, { cause })
      }) as Promise<JournalAnswers[typeof request.kind]>,
    end: () => worker.end(),
  }
}

/**
 * Reads through what was too large to be read before devices are let in. Resolves with what is wrong with it; undefined
 * when it is whole, or was read at the start. Rejects when it could not be read through: that says nothing of it.
 */
export async function findDamage(path: string): Promise<Error | undefined> {
  if (!isLarge(path)) return undefined
  const worker = startWorker<undefined, undefined>(new URL('./check-worker.ts', import.meta.url), path)
  try {
    return await worker.call(undefined)
  } catch (error) {
    if ((error as { code?: string }).code === JOURNAL_SCHEMA.damaged) return error as Error
    throw error
  } finally {
    await worker.end()
  }
}
