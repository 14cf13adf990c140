/** @module The evidence store over PostgreSQL, shared by all recorders and gateways of a deployment. */
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { fromHex } from '../../../domain/bytes.ts'
import { and, asc, count, eq, inArray } from '../../drizzle.ts'
import { RecordsError } from '../../port.ts'
import type { Erasure, EvidenceStore } from '../port.ts'
import { fromEvidenceRow, fromHoldRow, fromPurposeRow, toEvidenceRow, toHoldRow } from '../rows.ts'
import { erasable, inScope } from '../scope.ts'
import { drizzle, migrate } from './drizzle.ts'
import { acknowledgements, erasures, evidence, holds, purposes, reportEvidence } from './tables.ts'

const migrationsFolder = fileURLToPath(new URL('./migrations/', import.meta.url))
const GONE = { text: null, salt: null, account: null, topicId: null }
const CONNECT_TIMEOUT_MS = 5_000
/** PostgreSQL takes at most 65,535 parameters a statement. */
const ROWS_A_STATEMENT = 1_000

/** Opens the store, making its tables. Rejects RecordsError STORE_UNREACHABLE. */
export async function openPostgresStore(url: string): Promise<EvidenceStore> {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, max: 4 })
  pool.on('error', () => {}) // an idle connection that the server ended: the next query opens another, or rejects
  const db = drizzle(pool)
  await migrate(db, { migrationsFolder, migrationsTable: 'flytrap_evidence' }).catch(async (cause: Error) => {
    await pool.end()
    const where = URL.canParse(url) ? new URL(url).host : 'FLYTRAP_EVIDENCE_URL'
    const remedy = 'Check that it runs, and that FLYTRAP_EVIDENCE_URL names a database that this user may write.'
    throw new RecordsError('STORE_UNREACHABLE', `The evidence store ${where} cannot be opened. ${remedy}`, { cause })
  })
  const allHolds = async () => (await db.select().from(holds)).map(fromHoldRow)
  return {
    async batch(recorderId, batchFirstSeq) {
      const mine = and(eq(evidence.recorderId, recorderId), eq(evidence.batchFirstSeq, batchFirstSeq))
      const rows = await db.select().from(evidence).where(mine).orderBy(asc(evidence.seq))
      return rows.length === 0 ? undefined : rows.map(fromEvidenceRow)
    },
    async one(recorderId, seq) {
      const mine = and(eq(evidence.recorderId, recorderId), eq(evidence.seq, seq))
      const [row] = await db.select().from(evidence).where(mine)
      return row === undefined ? undefined : fromEvidenceRow(row)
    },
    async put(rows) {
      await db.transaction(async (tx) => {
        for (const part of chunks(rows.map(toEvidenceRow))) await tx.insert(evidence).values(part).onConflictDoNothing()
      })
    },
    async putPurpose({ salt, ...purpose }) {
      const row = { ...purpose, salt: Buffer.from(fromHex(salt)) }
      await db.insert(purposes).values(row).onConflictDoNothing()
    },
    async purpose(commitment) {
      const [row] = await db.select().from(purposes).where(eq(purposes.commitment, commitment))
      return row === undefined ? undefined : fromPurposeRow(row)
    },
    async putErasure(erasure) {
      const row = { id: erasure.id, order: JSON.stringify(erasure), requestedAt: erasure.requestedAt }
      await db
        .insert(erasures)
        .values(row)
        .onConflictDoUpdate({ target: erasures.id, set: { order: row.order } })
    },
    async erasures() {
      const rows = await db.select().from(erasures).orderBy(asc(erasures.requestedAt), asc(erasures.id))
      return rows.map(({ order }) => JSON.parse(order) as Erasure)
    },
    async erase(scope) {
      const mine = erasable(evidence, scope, await allHolds())
      return (await db.update(evidence).set(GONE).where(mine)).rowCount ?? 0
    },
    async erasePurposes(commitments) {
      if (commitments.length === 0) return
      const mine = inArray(purposes.commitment, [...commitments])
      await db.update(purposes).set({ lang: null, text: null, salt: null }).where(mine)
    },
    async countOpen(scope) {
      const [row] = await db.select({ n: count() }).from(evidence).where(inScope(evidence, scope))
      return row?.n ?? 0
    },
    async reportsWith(scope) {
      const same = and(eq(reportEvidence.recorderId, evidence.recorderId), eq(reportEvidence.seq, evidence.seq))
      const rows = await db
        .selectDistinct({ hash: reportEvidence.reportHash })
        .from(reportEvidence)
        .innerJoin(evidence, same)
        .where(inScope(evidence, scope))
        .orderBy(asc(reportEvidence.reportHash))
      return rows.map(({ hash }) => hash)
    },
    async noteReport(reportHash, records) {
      const rows = records.map(({ recorderId, seq }) => ({ reportHash, recorderId, seq }))
      for (const part of chunks(rows)) await db.insert(reportEvidence).values(part).onConflictDoNothing()
    },
    async acknowledge(erasureId, recorderId, at) {
      await db.insert(acknowledgements).values({ erasureId, recorderId, at }).onConflictDoNothing()
    },
    async acknowledged(erasureId) {
      const { recorderId, at } = acknowledgements
      return db.select({ recorderId, at }).from(acknowledgements).where(eq(acknowledgements.erasureId, erasureId))
    },
    async putHold(hold) {
      const row = toHoldRow(hold)
      await db.insert(holds).values(row).onConflictDoUpdate({ target: holds.id, set: row })
    },
    holds: allHolds,
    async scrub() {
      // FULL writes new files and removes the old: plain VACUUM leaves the bytes of dead rows where they were.
      await pool.query('VACUUM (FULL) evidence, purposes')
    },
    close: () => void pool.end(),
  }
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) yield rows.slice(at, at + ROWS_A_STATEMENT)
}
