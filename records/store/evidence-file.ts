/** @module The evidence store over SQLite: written by one worker thread, read by whoever may. */
import { and, asc, eq } from 'drizzle-orm'
import { fromHex, type Hex, toHex } from '../../domain/bytes.ts'
import { openDatabase } from '../journal/database.ts'
import type { EvidenceReader, StoredEvidence } from '../port.ts'
import { evidence } from './schema.ts'

const migrations = new URL('./migrations/', import.meta.url)

export interface EvidenceWriter {
  /** Copies a batch's evidence; the same rows again change nothing. Durable when it returns. */
  put(rows: readonly StoredEvidence[]): void
  close(): void
}

export function openEvidenceWriter(path: string): EvidenceWriter {
  const { db, sqlite } = openDatabase({ path, migrations })
  return {
    put(rows) {
      sqlite
        .transaction(() => {
          // What is there stays: it may have been erased since it was first copied.
          for (const row of rows) db.insert(evidence).values(toRow(row)).onConflictDoNothing().run()
        })
        .immediate()
    },
    close: () => void sqlite.close(),
  }
}

/** Opens the store for reading; another process may be writing. Throws RecordsError when it is damaged or newer. */
export function openEvidence(path: string): EvidenceReader {
  const { db, sqlite } = openDatabase({ path, migrations, readonly: true })
  return {
    async batch(recorderId, batchFirstSeq) {
      const mine = and(eq(evidence.recorderId, recorderId), eq(evidence.batchFirstSeq, batchFirstSeq))
      const rows = db.select().from(evidence).where(mine).orderBy(asc(evidence.seq)).all()
      return rows.length === 0 ? undefined : rows.map(fromRow)
    },
    async one(recorderId, seq) {
      const row = db
        .select()
        .from(evidence)
        .where(and(eq(evidence.recorderId, recorderId), eq(evidence.seq, seq)))
        .get()
      return row === undefined ? undefined : fromRow(row)
    },
    close: () => void sqlite.close(),
  }
}

type Row = typeof evidence.$inferSelect

const toRow = ({ text, salt, leaf, ...place }: StoredEvidence): Row => ({
  ...place,
  text: text ?? null,
  salt: salt === undefined ? null : Buffer.from(fromHex(salt)),
  leaf: Buffer.from(fromHex(leaf)),
})

const fromRow = ({ text, salt, leaf, ...place }: Row): StoredEvidence => ({
  ...place,
  ...(text === null ? {} : { text }),
  ...(salt === null ? {} : { salt: toHex(salt) as Hex }),
  leaf: toHex(leaf),
})
