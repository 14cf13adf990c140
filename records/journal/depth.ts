/** @module What the journal still holds, for status and for the limit on age. Asked each second: it counts no rows. */
import type { JournalFile } from './journal-file.ts'
import { oldestFrom } from './oldest.ts'

export interface JournalDepth {
  /** Entries open or closed that no batch holds yet. */
  unbatched: number
  /** Records in batches that are not final. */
  unanchored: number
  /** Unix seconds of the oldest entry that is not final. */
  oldest: number | null
  nextSeq: number
  /** The first sequence that is not final. */
  finalSeq: number
  /** The first sequence that no block is known to hold. */
  unplacedSeq: number
}

export function depthOf(file: JournalFile): JournalDepth {
  const finalSeq = file.remembered()?.nextSeq ?? 1
  const nextSeq = file.nextSeq()
  const open = file.run.countOpen.get()?.n ?? 0
  const unanchored = file.run.countUnanchored.get()?.n ?? 0
  // The sequence has no gaps, so it counts.
  return {
    unbatched: nextSeq - finalSeq - unanchored + open,
    unanchored,
    oldest: oldestFrom(file, finalSeq),
    nextSeq,
    finalSeq,
    unplacedSeq: file.run.firstUnplaced.get()?.seq ?? finalSeq + unanchored,
  }
}
