/** @module The evidence store over SQLite: one writer, in a thread of its own; readers in other processes. */

import { fromHex } from '../../../domain/bytes.ts'
import { and, asc, eq, inArray, sql } from '../../drizzle.ts'
import { EVIDENCE_SCHEMA, openDatabase } from '../../journal/database.ts'
import { RecordsError } from '../../port.ts'
import { foreignStore, OWNER, ownerRow, type StoreOwner } from '../owner.ts'
import type { Erasure, EvidenceReader, EvidenceStore } from '../port.ts'
import { carriesErased, FILE_GONE, forgettable, isCarried } from '../report-scope.ts'
import { type EvidenceRow, fromEvidenceRow, fromHoldRow, fromPurposeRow, toEvidenceRow, toHoldRow } from '../rows.ts'
import { erasable, inScope } from '../scope.ts'
import { reportShelf } from './report-shelf.ts'
import { acknowledgements, erasures, evidence, holds, purposes, reportEvidence, reports, storeMeta } from './tables.ts'

const GONE = { text: null, salt: null, account: null, topicId: null }

/** Opens or makes the store. Throws RecordsError when it is damaged, newer, or another contract's. */
export function openSqliteStore(path: string, owner?: StoreOwner): EvidenceStore {
  const { db, sqlite } = openDatabase({ path, schema: EVIDENCE_SCHEMA })
  if (owner !== undefined) {
    db.insert(storeMeta).values(ownerRow(owner)).onConflictDoNothing().run()
    const row = db.select().from(storeMeta).where(eq(storeMeta.key, OWNER)).get()
    if (row?.value !== ownerRow(owner).value) {
      sqlite.close()
      throw foreignStore(path, row?.value, owner)
    }
  }
  const whole = (work: () => void): void => void sqlite.transaction(work).immediate()
  const insert = prepareInsert(db)
  const allHolds = () => db.select().from(holds).all().map(fromHoldRow)
  return {
    ...readerOf(db, sqlite),
    ...reportShelf(db, whole),
    async put(rows) {
      // What is there stays: it may have been erased since it was first copied.
      whole(() => {
        for (const row of rows) insert.run({ ...toEvidenceRow(row) })
      })
    },
    async putPurpose({ salt, ...purpose }) {
      const row = { ...purpose, salt: Buffer.from(fromHex(salt)) }
      db.insert(purposes).values(row).onConflictDoNothing().run()
    },
    async purpose(key) {
      const row = db.select().from(purposes).where(eq(purposes.key, key)).get()
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
      let erased = 0
      whole(() => {
        const mine = erasable(evidence, scope, allHolds())
        erased = db.update(evidence).set(GONE).where(mine).run().changes
        db.update(reports).set(FILE_GONE).where(carriesErased(reports, { reportEvidence, evidence })).run()
        const asked = forgettable(reports, scope, allHolds())
        if (asked !== undefined) db.delete(reports).where(asked).run()
      })
      return erased
    },
    async forgetRequests(before) {
      return db
        .delete(reports)
        .where(forgettable(reports, { before }, allHolds()))
        .run().changes
    },
    async erasePurposes(keys) {
      const mine = inArray(purposes.key, [...keys])
      db.update(purposes).set({ lang: null, text: null, salt: null }).where(mine).run()
    },
    async countOpen(scope) {
      const row = db.select({ n: sql<number>`count(*)` }).from(evidence).where(inScope(evidence, scope)).get()
      return row?.n ?? 0
    },
    async countErasable(scope) {
      const mine = erasable(evidence, scope, allHolds())
      return db.select({ n: sql<number>`count(*)` }).from(evidence).where(mine).get()?.n ?? 0
    },
    async reportsWith(scope) {
      const rows = db
        .selectDistinct({ hash: reportEvidence.reportHash })
        .from(reportEvidence)
        .innerJoin(evidence, isCarried(reportEvidence, evidence))
        .where(inScope(evidence, scope))
        .orderBy(asc(reportEvidence.reportHash))
        .all()
      return rows.map(({ hash }) => hash)
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
  const { db, sqlite } = openDatabase({ path, schema: EVIDENCE_SCHEMA, readonly: true })
  return readerOf(db, sqlite)
}

/** Prepared once: building the statement for each of a batch's rows takes longer than writing them. */
function prepareInsert(db: ReturnType<typeof openDatabase>['db']) {
  const value = (name: keyof EvidenceRow) => sql.placeholder(name)
  return db
    .insert(evidence)
    .values({
      recorderId: value('recorderId'),
      seq: value('seq'),
      text: value('text'),
      salt: value('salt'),
      leaf: value('leaf'),
      batchFirstSeq: value('batchFirstSeq'),
      batchCount: value('batchCount'),
      account: value('account'),
      topicId: value('topicId'),
      firstAt: value('firstAt'),
      lastAt: value('lastAt'),
    })
    .onConflictDoNothing()
    .prepare()
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
