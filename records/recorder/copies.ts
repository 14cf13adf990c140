/** @module The evidence of batches, copied to its store before they go out. What cannot be copied stays with the journal. */
import type { Logger } from 'pino'
import type { BuiltBatch } from '../batch/built-batch.ts'
import { passCrashPoint } from '../crash-points.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { RecordsError } from '../port.ts'

export interface CopyPlace {
  thread: JournalThread
  journal: Journal
  /** Copies a batch's evidence; resolves when durable. */
  copyEvidence: (batch: BuiltBatch) => Promise<void>
  log: Logger
}

/** Never rejects: a store that is down keeps no record from the chain. */
export async function copyOnce(place: CopyPlace, batch: BuiltBatch): Promise<void> {
  if (batch.copied) return
  const { copyEvidence, thread, journal, log } = place
  try {
    await copyEvidence(batch)
    passCrashPoint('evidence-copied')
    await thread.call({ kind: 'setCopied', ids: [batch.id] })
  } catch (error) {
    noteDamage(journal, error)
    // The journal keeps its copy, so nothing is lost and nothing waits.
    log.warn({ err: error }, 'evidence store cannot be written, trying again')
  }
}

export async function copyInOrder(place: CopyPlace, batches: readonly BuiltBatch[]): Promise<void> {
  for (const batch of batches) await copyOnce(place, batch)
}

export function noteDamage(journal: Journal, error: unknown): void {
  if (error instanceof RecordsError && error.code === 'JOURNAL_DAMAGED') journal.condemn()
}
