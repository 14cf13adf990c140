/**
 * @module The journal's copies of evidence that is not final, forgotten. A batch that is not final can be erased: a
 * resend needs record bytes, root and leaf hashes, and no text.
 */
import { Buffer } from 'node:buffer'
import { subjectOf } from '../batch/subject.ts'
import { eq, like, ne } from '../drizzle.ts'
import type { JournalFile } from '../journal/journal-file.ts'
import { meta, records } from '../journal/schema.ts'
import { RecordsError } from '../port.ts'
import type { Erasure, LegalHold } from '../store/port.ts'
import { matured, reaches } from './reach.ts'

/** In a journal an empty text is an erased one: canonical JSON is never empty. */
const GONE = { evidence: '', salt: Buffer.alloc(0) }
const KEY = 'erasure:'

/** What the journal is told to forget. */
export interface CopiesToErase {
  orders: readonly Erasure[]
  holds: readonly LegalHold[]
  /** Unix seconds: what is younger is kept for now. */
  latest: number
}

/**
 * Erases what the orders reach, and remembers them: a store restored from an older backup learns them from here. Returns
 * the ids of orders of which a copy is left, held or too young. Throws STORE_BUSY when erased bytes may still stand in
 * the write-ahead log.
 */
export function eraseJournalCopies(file: JournalFile, { orders, holds, latest }: CopiesToErase): string[] {
  const left = new Set<string>()
  file.sqlite
    .transaction(() => {
      for (const order of orders) remember(file, order)
      for (const { seq, bytes, evidence } of file.db.select().from(records).where(ne(records.evidence, '')).all()) {
        const subject = subjectOf(bytes, evidence)
        const mine = orders.filter((order) => reaches(order, [], subject))
        if (mine.some((order) => reaches(matured(order, latest), holds, subject)))
          file.db.update(records).set(GONE).where(eq(records.seq, seq)).run()
        else for (const { id } of mine) left.add(id)
      }
    })
    .immediate()
  const [result] = file.sqlite.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
  if (result?.busy !== 0)
    throw new RecordsError('STORE_BUSY', 'The journal is being read: erased bytes stay in its log.')
  return [...left]
}

/** Every erasure that this journal obeyed. */
export function rememberedErasures(file: JournalFile): Erasure[] {
  const rows = file.db
    .select()
    .from(meta)
    .where(like(meta.key, `${KEY}%`))
    .all()
  return rows.map(({ value }) => JSON.parse(value) as Erasure)
}

function remember(file: JournalFile, order: Erasure): void {
  const row = { key: KEY + order.id, value: JSON.stringify(order) }
  file.db.insert(meta).values(row).onConflictDoUpdate({ target: meta.key, set: row }).run()
}
