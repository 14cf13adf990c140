/** @module The oldest access that a batch does not hold: what the watermark must stay below. */
import { sql } from '../drizzle.ts'
import type { JournalFile } from './journal-file.ts'
import { records, windows } from './schema.ts'

/** Returns Unix seconds of the oldest access that is open, or closed at `seq` or later; null for none. */
export function oldestFrom({ db }: JournalFile, seq: number): number | null {
  const open = db.select({ at: sql<number | null>`min(first_at)` }).from(windows).get()?.at ?? null
  // Along the index by time: the few that are older and in batches already are passed over. `+` keeps SQLite on it.
  const closed =
    db.select({ at: records.firstAt }).from(records).where(sql`+seq >= ${seq}`).orderBy(sql`first_at`).limit(1).get()
      ?.at ?? null
  return open === null || closed === null ? (open ?? closed) : Math.min(open, closed)
}
