/** @module The evidence store's tables in SQLite. Only evidence says more than a pseudonym, so only this is ever erased from. */
import { sqlite } from '../../drizzle.ts'

const { blob, index, integer, primaryKey, sqliteTable, text } = sqlite

export const evidence = sqliteTable(
  'evidence',
  {
    recorderId: integer('recorder_id').notNull(),
    seq: integer('seq').notNull(),
    /** RFC 8785 text, as hashed; null once erased. */
    text: text('text'),
    /** 64 bytes; null once erased. */
    salt: blob('salt', { mode: 'buffer' }),
    leaf: blob('leaf', { mode: 'buffer' }).notNull(),
    batchFirstSeq: integer('batch_first_seq').notNull(),
    batchCount: integer('batch_count').notNull(),
    /** Whom and what it is about, to find it for erasure: of a sealed record nothing else tells. Null once erased. */
    account: text('account'),
    topicId: text('topic_id'),
    /** Unix seconds of the first and the last access that it tells of; kept after erasure, as the chain keeps them. */
    firstAt: integer('first_at'),
    lastAt: integer('last_at').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.recorderId, table.seq] }),
    index('evidence_account').on(table.account),
    index('evidence_topic').on(table.topicId),
    index('evidence_last').on(table.lastAt),
  ],
)

/** Texts that say why a grant was given, by the commitment that the grant carries. */
export const purposes = sqliteTable('purposes', {
  /** In a column that is named after a part of it. */
  key: text('commitment').primaryKey(),
  lang: text('lang'),
  text: text('text'),
  salt: blob('salt', { mode: 'buffer' }),
})

/** What was erased, for ever: replayed on a restored backup before it serves. */
export const erasures = sqliteTable('erasures', {
  id: text('id').primaryKey(),
  /** JSON of Erasure. */
  order: text('order').notNull(),
  requestedAt: integer('requested_at').notNull(),
})

/** Which recorder has no copy of it any more. */
export const acknowledgements = sqliteTable(
  'acknowledgements',
  {
    erasureId: text('erasure_id').notNull(),
    recorderId: integer('recorder_id').notNull(),
    /** Unix seconds. */
    at: integer('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.erasureId, table.recorderId] })],
)

/** What an erasure must not touch: GDPR Art. 17(3)(e), 18. */
export const holds = sqliteTable('holds', {
  id: text('id').primaryKey(),
  account: text('account'),
  topicId: text('topic_id'),
  reason: text('reason').notNull(),
  since: integer('since').notNull(),
  liftedAt: integer('lifted_at'),
})

/** Which evidence an issued report carries: erasure cannot reach it there, and says so. */
export const reportEvidence = sqliteTable(
  'report_evidence',
  {
    reportHash: text('report_hash').notNull(),
    recorderId: integer('recorder_id').notNull(),
    seq: integer('seq').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.reportHash, table.recorderId, table.seq] }),
    index('report_evidence_record').on(table.recorderId, table.seq),
  ],
)

/** Reports that were asked for at a gateway, with their files. */
export const reports = sqliteTable(
  'reports',
  {
    id: text('id').primaryKey(),
    makerId: integer('maker_id').notNull(),
    requester: text('requester').notNull(),
    /** Unix milliseconds. */
    requestedAt: integer('requested_at').notNull(),
    status: text('status').notNull(),
    /** JSON, the gateway's own. */
    details: text('details').notNull(),
    /** SHA-256 of the file; null until there is one. */
    reportHash: text('report_hash'),
    /** The PDF; null until it is made, and once it is erased. */
    file: blob('file', { mode: 'buffer' }),
  },
  (table) => [index('reports_requester').on(table.requester, table.requestedAt)],
)

/** What this store belongs to: the contract whose sequences its rows are. */
export const storeMeta = sqliteTable('store_meta', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})
