/** @module The evidence store read from beside, by sequences: SQLite or PostgreSQL, nothing written, nothing held open. */
import { existsSync } from 'node:fs'
import { Pool } from 'pg'
import { and, asc, eq, gte, lt } from '../drizzle.ts'
import { EVIDENCE_SCHEMA, openDatabase } from '../journal/database.ts'
import { RecordsError } from '../port.ts'
import { OWNER } from '../store/owner.ts'
import type { Erasure, StoredEvidence } from '../store/port.ts'
import { drizzle } from '../store/postgres/drizzle.ts'
import * as postgres from '../store/postgres/tables.ts'
import { fromEvidenceRow } from '../store/rows.ts'
import * as sqlite from '../store/sqlite/tables.ts'

export interface EvidenceScan {
  /** CHAIN/CONTRACT that it belongs to; undefined where it names none. */
  owner(): Promise<string | undefined>
  /** Rows of sequences from `fromSeq` on, in order. */
  rows(recorderId: number, range: { fromSeq: number; toSeq?: number; limit: number }): Promise<StoredEvidence[]>
  /** Every recorder that it has rows of. */
  recorders(): Promise<number[]>
  orders(): Promise<Erasure[]>
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
const READ_ONLY = '-c default_transaction_read_only=on'

/** Opens where the evidence is. Rejects RecordsError when it is damaged, newer or unreachable. */
export async function openEvidenceScan(where: string): Promise<EvidenceScan> {
  if (/^postgres(ql)?:\/\//.test(where)) return scanPostgres(where)
  return existsSync(where) ? scanSqlite(where) : NOTHING
}

/** A home that was never started with it, or whose file is gone: every record will be told to have no evidence. */
export const NOTHING: EvidenceScan = {
  owner: async () => undefined,
  rows: async () => [],
  recorders: async () => [],
  orders: async () => [],
  close: async () => {},
}

function scanSqlite(path: string): EvidenceScan {
  const { evidence, erasures, storeMeta } = sqlite
  const opened = openDatabase({ path, schema: EVIDENCE_SCHEMA, readonly: true })
  const { db } = opened
  return {
    async owner() {
      const namesIt = opened.sqlite.pragma('table_info(store_meta)') as unknown[]
      if (namesIt.length === 0) return undefined // of a version before there was that table
      return db.select().from(storeMeta).where(eq(storeMeta.key, OWNER)).get()?.value
    },
    async rows(recorderId, { fromSeq, toSeq, limit }) {
      const mine = [eq(evidence.recorderId, recorderId), gte(evidence.seq, fromSeq)]
      const where = and(...mine, ...(toSeq === undefined ? [] : [lt(evidence.seq, toSeq)]))
      return db.select().from(evidence).where(where).orderBy(asc(evidence.seq)).limit(limit).all().map(fromEvidenceRow)
    },
    async recorders() {
      const rows = db.selectDistinct({ id: evidence.recorderId }).from(evidence).orderBy(asc(evidence.recorderId)).all()
      return rows.map(({ id }) => id)
    },
    orders: async () =>
      db
        .select()
        .from(erasures)
        .all()
        .map(({ order }) => JSON.parse(order) as Erasure),
    close: async () => void opened.sqlite.close(),
  }
}

async function scanPostgres(url: string): Promise<EvidenceScan> {
  const { evidence, erasures, storeMeta } = postgres
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    max: 1,
    options: READ_ONLY,
  })
  pool.on('error', () => {}) // an idle connection that the server ended: the next query opens another, or rejects
  await pool.query('SELECT 1 FROM evidence LIMIT 1').catch(async (cause: Error) => {
    await pool.end()
    const where = URL.canParse(url) ? new URL(url).host : 'FLYTRAP_EVIDENCE_URL'
    const remedy = 'Check that it runs, and that FLYTRAP_EVIDENCE_URL names the database that the recorders write.'
    throw new RecordsError('STORE_UNREACHABLE', `The evidence store ${where} cannot be read. ${remedy}`, { cause })
  })
  const db = drizzle(pool)
  return {
    async owner() {
      const { rows } = await pool.query("SELECT to_regclass('store_meta') IS NOT NULL AS names_it")
      if (rows[0].names_it === false) return undefined // of a version before there was that table
      const [row] = await db.select().from(storeMeta).where(eq(storeMeta.key, OWNER))
      return row?.value
    },
    async rows(recorderId, { fromSeq, toSeq, limit }) {
      const mine = [eq(evidence.recorderId, recorderId), gte(evidence.seq, fromSeq)]
      const where = and(...mine, ...(toSeq === undefined ? [] : [lt(evidence.seq, toSeq)]))
      const rows = await db.select().from(evidence).where(where).orderBy(asc(evidence.seq)).limit(limit)
      return rows.map(fromEvidenceRow)
    },
    async recorders() {
      const rows = await db.selectDistinct({ id: evidence.recorderId }).from(evidence).orderBy(asc(evidence.recorderId))
      return rows.map(({ id }) => id)
    },
    orders: async () => (await db.select().from(erasures)).map(({ order }) => JSON.parse(order) as Erasure),
    close: () => pool.end(),
  }
}
