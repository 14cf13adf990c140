/** @module The oldest access that a batch does not hold: what the watermark must stay below. */
import type { JournalFile } from './journal-file.ts'

/** Returns Unix seconds of the oldest access that is open, or closed at `seq` or later; null for none. */
export function oldestFrom({ run }: JournalFile, seq: number): number | null {
  const open = run.oldestOpen.get()?.at ?? null
  const closed = run.oldestClosed.get({ seq })?.at ?? null
  return open === null || closed === null ? (open ?? closed) : Math.min(open, closed)
}
