/** @module The evidence store over PostgreSQL, shared by all recorders and gateways of a deployment. */
import { fileURLToPath } from 'node:url'
import { Client, Pool } from 'pg'
import { fromHex } from '../../../domain/bytes.ts'
import { and, asc, count, eq, inArray, sql } from '../../drizzle.ts'
import { EVIDENCE_SCHEMA } from '../../journal/database.ts'
import { RecordsError } from '../../port.ts'
import { foreignStore, OWNER, ownerRow, type StoreOwner } from '../owner.ts'
import type { Erasure, EvidenceStore } from '../port.ts'
import { carriesErased, FILE_GONE, forgettable, isCarried } from '../report-scope.ts'
import { fromEvidenceRow, fromHoldRow, fromPurposeRow, toEvidenceRow, toHoldRow } from '../rows.ts'
import { erasable, inScope } from '../scope.ts'
import { drizzle, migrate } from './drizzle.ts'
import { insertAll } from './insert-all.ts'
import { postgresReportShelf } from './report-shelf.ts'
import { acknowledgements, erasures, evidence, holds, purposes, reportEvidence, reports, storeMeta } from './tables.ts'

const migrationsFolder = fileURLToPath(new URL('./migrations/', import.meta.url))
const GONE = { text: null, salt: null, account: null, topicId: null }
const VERSION = 'version'
const CONNECT_TIMEOUT_MS = 5_000
/** A connection that is none any more never answers: longer than an erasure of millions of rows takes. */
const QUERY_TIMEOUT_MS = 10 * 60_000
/** While it waits for its lock all others wait behind it: rather later, when a dump that reads for hours is through. */
const LOCK_TIMEOUT_MS = 2_000
const LOCK_NOT_AVAILABLE = '55P03'

/** Opens the store, making its tables. Rejects RecordsError STORE_UNREACHABLE, STORE_NEWER, STORE_FOREIGN. */
export async function openPostgresStore(url: string, owner?: StoreOwner): Promise<EvidenceStore> {
  const limits = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: QUERY_TIMEOUT_MS, keepAlive: true }
  const pool = new Pool({ connectionString: url, ...limits, max: 4 })
  pool.on('error', () => {}) // an idle connection that the server ended: the next query opens another, or rejects
  const db = drizzle(pool)
  await migrate(db, { migrationsFolder, migrationsTable: 'flytrap_evidence' }).catch(async (cause: Error) => {
    await pool.end()
    const where = URL.canParse(url) ? new URL(url).host : 'FLYTRAP_EVIDENCE_URL'
    const remedy = 'Check that it runs, and that FLYTRAP_EVIDENCE_URL names a database that this user may write.'
    throw new RecordsError('STORE_UNREACHABLE', `The evidence store ${where} cannot be opened. ${remedy}`, { cause })
  })
  await bind(db, url, owner).catch(async (error: unknown) => {
    await pool.end()
    throw error
  })
  const allHolds = async () => (await db.select().from(holds)).map(fromHoldRow)
  return {
    ...postgresReportShelf(db),
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
      await insertAll(db, evidence, rows.map(toEvidenceRow))
    },
    async putPurpose({ salt, ...purpose }) {
      const row = { ...purpose, salt: Buffer.from(fromHex(salt)) }
      await db.insert(purposes).values(row).onConflictDoNothing()
    },
    async purpose(key) {
      const [row] = await db.select().from(purposes).where(eq(purposes.key, key))
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
      const standing = await allHolds()
      return db.transaction(async (tx) => {
        const { rowCount } = await tx
          .update(evidence)
          .set(GONE)
          .where(erasable(evidence, scope, standing))
        // After the evidence, whose lock it had to wait for: a report that was kept meanwhile is seen.
        await tx.update(reports).set(FILE_GONE).where(carriesErased(reports, { reportEvidence, evidence }))
        const asked = forgettable(reports, scope, standing)
        if (asked !== undefined) await tx.delete(reports).where(asked)
        return rowCount ?? 0
      })
    },
    async forgetRequests(before) {
      const { rowCount } = await db.delete(reports).where(forgettable(reports, { before }, await allHolds()))
      return rowCount ?? 0
    },
    async erasePurposes(keys) {
      if (keys.length === 0) return
      const mine = inArray(purposes.key, [...keys])
      await db.update(purposes).set({ lang: null, text: null, salt: null }).where(mine)
    },
    async countOpen(scope) {
      const [row] = await db.select({ n: count() }).from(evidence).where(inScope(evidence, scope))
      return row?.n ?? 0
    },
    async countErasable(scope) {
      const mine = erasable(evidence, scope, await allHolds())
      const [row] = await db.select({ n: count() }).from(evidence).where(mine)
      return row?.n ?? 0
    },
    async reportsWith(scope) {
      const rows = await db
        .selectDistinct({ hash: reportEvidence.reportHash })
        .from(reportEvidence)
        .innerJoin(evidence, isCarried(reportEvidence, evidence))
        .where(inScope(evidence, scope))
        .orderBy(asc(reportEvidence.reportHash))
      return rows.map(({ hash }) => hash)
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
      await scrub(url)
    },
    close: () => void pool.end(),
  }
}

/** Over a connection of its own: it may take as long as it takes, once it has its lock. */
async function scrub(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true })
  client.on('error', () => {}) // told by the query
  try {
    await client.connect()
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
    // FULL writes new files and removes the old: plain VACUUM leaves the bytes of dead rows where they were.
    await client.query('VACUUM (FULL) evidence, purposes, reports')
  } catch (cause) {
    if ((cause as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw cause
    const what = 'The evidence store is being read, by a dump perhaps: erased bytes stay in its files for now.'
    throw new RecordsError('STORE_BUSY', what, { cause })
  } finally {
    await client.end().catch(() => {})
  }
}

type Drizzle = ReturnType<typeof drizzle>

/** The version stands in the database, since every program that shares it must agree; tables change in one transaction. */
async function bind(db: Drizzle, url: string, owner: StoreOwner | undefined): Promise<void> {
  const where = URL.canParse(url) ? new URL(url).host + new URL(url).pathname : 'FLYTRAP_EVIDENCE_URL'
  await db
    .insert(storeMeta)
    .values({ key: VERSION, value: String(EVIDENCE_SCHEMA.version) })
    .onConflictDoUpdate({
      target: storeMeta.key,
      set: { value: sql`greatest(${storeMeta.value}::int, excluded.value::int)::text` },
    })
  if (owner !== undefined) await db.insert(storeMeta).values(ownerRow(owner)).onConflictDoNothing()
  const rows = new Map((await db.select().from(storeMeta)).map(({ key, value }) => [key, value]))
  if (Number(rows.get(VERSION)) > EVIDENCE_SCHEMA.version) {
    const remedy = 'Use the version of flytrap that wrote it, or a newer one.'
    throw new RecordsError(
      'STORE_NEWER',
      `The evidence store ${where} has schema version ${rows.get(VERSION)}. ${remedy}`,
    )
  }
  if (owner !== undefined && rows.get(OWNER) !== ownerRow(owner).value)
    throw foreignStore(where, rows.get(OWNER), owner)
}
