/** @module The evidence store's tables in PostgreSQL: those of sqlite/tables.ts, column by column. Only evidence says more than a pseudonym, so only this is ever erased from. */
import type { Buffer } from 'node:buffer'
import { postgres } from './drizzle.ts'

const { bigint, customType, index, integer, pgTable, primaryKey, text } = postgres

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

export const evidence = pgTable(
  'evidence',
  {
    recorderId: bigint('recorder_id', { mode: 'number' }).notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    text: text('text'),
    salt: bytes('salt'),
    leaf: bytes('leaf').notNull(),
    batchFirstSeq: bigint('batch_first_seq', { mode: 'number' }).notNull(),
    batchCount: integer('batch_count').notNull(),
    account: text('account'),
    topicId: text('topic_id'),
    firstAt: bigint('first_at', { mode: 'number' }),
    lastAt: bigint('last_at', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.recorderId, table.seq] }),
    index('evidence_account').on(table.account),
    index('evidence_topic').on(table.topicId),
    index('evidence_last').on(table.lastAt),
  ],
)

/** Texts that say why a grant was given, by the commitment that the grant carries. */
export const purposes = pgTable('purposes', {
  /** In a column that is named after a part of it. */
  key: text('commitment').primaryKey(),
  lang: text('lang'),
  text: text('text'),
  salt: bytes('salt'),
})

/** What was erased, for ever: replayed on a restored backup before it serves. */
export const erasures = pgTable('erasures', {
  id: text('id').primaryKey(),
  /** JSON of Erasure. */
  order: text('order').notNull(),
  requestedAt: bigint('requested_at', { mode: 'number' }).notNull(),
})

/** Which recorder has no copy of it any more. */
export const acknowledgements = pgTable(
  'acknowledgements',
  {
    erasureId: text('erasure_id').notNull(),
    recorderId: bigint('recorder_id', { mode: 'number' }).notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.erasureId, table.recorderId] })],
)

/** What an erasure must not touch: GDPR Art. 17(3)(e), 18. */
export const holds = pgTable('holds', {
  id: text('id').primaryKey(),
  account: text('account'),
  topicId: text('topic_id'),
  reason: text('reason').notNull(),
  since: bigint('since', { mode: 'number' }).notNull(),
  liftedAt: bigint('lifted_at', { mode: 'number' }),
})

/** Which evidence an issued report carries: erasure cannot reach it there, and says so. */
export const reportEvidence = pgTable(
  'report_evidence',
  {
    reportHash: text('report_hash').notNull(),
    recorderId: bigint('recorder_id', { mode: 'number' }).notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.reportHash, table.recorderId, table.seq] }),
    index('report_evidence_record').on(table.recorderId, table.seq),
  ],
)

/** Reports that were asked for at a gateway, with their files. */
export const reports = pgTable(
  'reports',
  {
    id: text('id').primaryKey(),
    makerId: bigint('maker_id', { mode: 'number' }).notNull(),
    requester: text('requester').notNull(),
    /** Unix milliseconds. */
    requestedAt: bigint('requested_at', { mode: 'number' }).notNull(),
    status: text('status').notNull(),
    /** JSON, the gateway's own. */
    details: text('details').notNull(),
    /** SHA-256 of the file; null until there is one. */
    reportHash: text('report_hash'),
    /** The PDF; null until it is made, and once it is erased. */
    file: bytes('file'),
  },
  (table) => [index('reports_requester').on(table.requester, table.requestedAt)],
)

/** What this store belongs to: the contract whose sequences its rows are. */
export const storeMeta = pgTable('store_meta', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})
