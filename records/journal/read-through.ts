/** @module A large journal is read through while it is in use: before it is known to be whole nothing is sent from it. */
import type { Logger } from 'pino'

export interface ReadThrough {
  /** Resolves with the damage, undefined for none. Rejects when it could not be read: that says nothing of it. */
  find: () => Promise<Error | undefined>
  journal: { condemn(): void; isProven: boolean }
  log: Logger
  retryMs?: number
}

const RETRY_MS = 60_000

/** Reads until it could be read to its end. Returns what ends it. */
export function readThrough({ find, journal, log, retryMs = RETRY_MS }: ReadThrough): () => void {
  let retry: NodeJS.Timeout | undefined
  let isEnded = false
  const judge = (damage: Error | undefined): void => {
    if (damage === undefined) {
      journal.isProven = true
      return
    }
    log.error({ err: damage }, 'the journal is damaged: nobody is served')
    journal.condemn()
  }
  const again = (error: Error): void => {
    if (isEnded) return
    log.warn({ err: error }, 'the journal could not be read through, trying again: nothing is sent before')
    retry = setTimeout(read, retryMs).unref()
  }
  const read = (): void => void find().then(judge, again)
  read()
  return () => {
    isEnded = true
    clearTimeout(retry)
  }
}
