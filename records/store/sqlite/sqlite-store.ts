/** @module The evidence store over SQLite: one writer, in a thread of its own; readers in other processes. */

import { fromHex } from '../../../domain/bytes.ts'
import { and, asc, eq, inArray, sql } from '../../drizzle.ts'
import { openDatabase } from '../../journal/database.ts'
import { type EvidenceReader, RecordsError } from '../../port.ts'
import type { Erasure, EvidenceStore } from '../port.ts'
import { fromEvidenceRow, fromHoldRow, fromPurposeRow, toEvidenceRow, toHoldRow } from '../rows.ts'
import { erasable, inScope } from '../scope.ts'
import { acknowledgements, erasures, evidence, holds, purposes, reportEvidence } from './tables.ts'

const migrations = new URL('./migrations/', import.meta.url)
const GONE = { text: null, salt: null, account: null, topicId: null }

/** Opens or makes the store. Throws RecordsError when it is damaged or newer. */
export function openSqliteStore(path: string): EvidenceStore {
  const { db, sqlite } = openDatabase({ path, migrations })
  const whole = (work: () => void): void => void sqlite.transaction(work).immediate()
  const allHolds = () => db.select().from(holds).all().map(fromHoldRow)
  return {
    ...readerOf(db, sqlite),
    async put(rows) {
      // What is there stays: it may have been erased since it was first copied.
      whole(() => {
        for (const row of rows) db.insert(evidence).values(toEvidenceRow(row)).onConflictDoNothing().run()
      })
    },
    async putPurpose({ salt, ...purpose }) {
      const row = { ...purpose, salt: Buffer.from(fromHex(salt)) }
      db.insert(purposes).values(row).onConflictDoNothing().run()
    },
    async purpose(commitment) {
      const row = db.select().from(purposes).where(eq(purposes.commitment, commitment)).get()
      return row === undefined ? undefined : fromPurposeRow(row)
    },
    async putErasure(erasure) {
      const row = { id: erasure.id, order: JSON.stringify(erasure), requestedAt: erasure.requestedAt }
      db.insert(erasures)
        .values(row)
        .onConflictDoUpdate({ target: erasures.id, set: { order: row.order } })
        .run()
    },
    async erasures() {
      const rows = db.select().from(erasures).orderBy(asc(erasures.requestedAt), asc(erasures.id)).all()
      return rows.map(({ order }) => JSON.parse(order) as Erasure)
    },
    async erase(scope) {
      return db
        .update(evidence)
        .set(GONE)
        .where(erasable(evidence, scope, allHolds()))
        .run().changes
    },
    async erasePurposes(commitments) {
      const mine = inArray(purposes.commitment, [...commitments])
      db.update(purposes).set({ lang: null, text: null, salt: null }).where(mine).run()
    },
    async countOpen(scope) {
      const row = db.select({ n: sql<number>`count(*)` }).from(evidence).where(inScope(evidence, scope)).get()
      return row?.n ?? 0
    },
    async reportsWith(scope) {
      const same = and(eq(reportEvidence.recorderId, evidence.recorderId), eq(reportEvidence.seq, evidence.seq))
      const rows = db
        .selectDistinct({ hash: reportEvidence.reportHash })
        .from(reportEvidence)
        .innerJoin(evidence, same)
        .where(inScope(evidence, scope))
        .orderBy(asc(reportEvidence.reportHash))
        .all()
      return rows.map(({ hash }) => hash)
    },
    async noteReport(reportHash, records) {
      whole(() => {
        for (const { recorderId, seq } of records)
          db.insert(reportEvidence).values({ reportHash, recorderId, seq }).onConflictDoNothing().run()
      })
    },
    async acknowledge(erasureId, recorderId, at) {
      db.insert(acknowledgements).values({ erasureId, recorderId, at }).onConflictDoNothing().run()
    },
    async acknowledged(erasureId) {
      const { recorderId, at } = acknowledgements
      return db.select({ recorderId, at }).from(acknowledgements).where(eq(acknowledgements.erasureId, erasureId)).all()
    },
    async putHold(hold) {
      const row = toHoldRow(hold)
      db.insert(holds).values(row).onConflictDoUpdate({ target: holds.id, set: row }).run()
    },
    holds: async () => allHolds(),
    async scrub() {
      // `secure_delete` has overwritten the pages; what they held before still stands in the log until it is cut.
      const [result] = sqlite.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
      if (result?.busy !== 0)
        throw new RecordsError('STORE_BUSY', `${path} is being read: erased bytes stay in its log`)
    },
  }
}

/** Opens the store for reading; another process may be writing. Throws RecordsError when it is damaged or newer. */
export function openSqliteReader(path: string): EvidenceReader {
  const { db, sqlite } = openDatabase({ path, migrations, readonly: true })
  return readerOf(db, sqlite)
}

function readerOf(db: ReturnType<typeof openDatabase>['db'], sqlite: ReturnType<typeof openDatabase>['sqlite']) {
  return {
    async batch(recorderId: number, batchFirstSeq: number) {
      const mine = and(eq(evidence.recorderId, recorderId), eq(evidence.batchFirstSeq, batchFirstSeq))
      const rows = db.select().from(evidence).where(mine).orderBy(asc(evidence.seq)).all()
      return rows.length === 0 ? undefined : rows.map(fromEvidenceRow)
    },
    async one(recorderId: number, seq: number) {
      const mine = and(eq(evidence.recorderId, recorderId), eq(evidence.seq, seq))
      const row = db.select().from(evidence).where(mine).get()
      return row === undefined ? undefined : fromEvidenceRow(row)
    },
    close: () => void sqlite.close(),
  }
}
