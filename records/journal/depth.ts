/** @module What the journal still holds, for status and for the limit on age. Asked each second: it counts no rows. */
import { isNull, sql } from '../drizzle.ts'
import type { JournalFile } from './journal-file.ts'
import { oldestFrom } from './oldest.ts'
import { batches, windows } from './schema.ts'

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
  const open = file.db.select({ n: sql<number>`count(*)` }).from(windows).get()?.n ?? 0
  const unanchored = file.db.select({ n: sql<number>`coalesce(sum(count), 0)` }).from(batches).get()?.n ?? 0
  const unplaced = file.db
    .select({ seq: sql<number | null>`min(first_seq)` })
    .from(batches)
    .where(isNull(batches.block))
  // The sequence has no gaps, so it counts.
  return {
    unbatched: nextSeq - finalSeq - unanchored + open,
    unanchored,
    oldest: oldestFrom(file, finalSeq),
    nextSeq,
    finalSeq,
    unplacedSeq: unplaced.get()?.seq ?? finalSeq + unanchored,
  }
}
