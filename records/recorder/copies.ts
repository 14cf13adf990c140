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

/** For how long a batch waits for a store that does not answer: a lock, a long vacuum, a connection that is none any more. */
const PATIENCE_MS = 5_000

export class Copies {
  readonly #place: CopyPlace
  readonly #patienceMs: number
  #underWay: Promise<void> | undefined
  #isLate = false

  constructor(place: CopyPlace, patienceMs = PATIENCE_MS) {
    this.#place = place
    this.#patienceMs = patienceMs
  }

  /** The store has been silent for longer than batches wait for it. */
  get isLate(): boolean {
    return this.#isLate
  }

  /**
   * Never rejects: a store that is down, or does not answer, keeps no record from the chain. Resolves when they are copied,
   * or cannot be for now; while one copy is still under way no other begins, and it is waited for once.
   */
  async copy(batches: readonly BuiltBatch[]): Promise<void> {
    if (this.#isLate) return
    this.#underWay ??= this.#inOrder(batches).finally(() => {
      this.#underWay = undefined
      this.#isLate = false
    })
    await this.#whilePatient(this.#underWay)
  }

  async #whilePatient(underWay: Promise<void>): Promise<void> {
    const inTime = underWay.then(() => true)
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, this.#patienceMs, false)
    })
    const isDone = await Promise.race([inTime, tooLate])
    clearTimeout(timer)
    if (isDone || this.#underWay !== underWay) return
    this.#isLate = true
    this.#place.log.warn('evidence store does not answer: records go on without it, and their evidence waits')
  }

  async #inOrder(batches: readonly BuiltBatch[]): Promise<void> {
    for (const batch of batches) if (!batch.copied) await this.#copyOne(batch)
  }

  async #copyOne(batch: BuiltBatch): Promise<void> {
    const { copyEvidence, thread, journal, log } = this.#place
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
}

export function noteDamage(journal: Journal, error: unknown): void {
  if (error instanceof RecordsError && error.code === 'JOURNAL_DAMAGED') journal.condemn()
}
