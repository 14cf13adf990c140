/** @module The journal's tables: what must be on disk before an access happens, until the chain holds it for good. */
import { sqlite } from '../drizzle.ts'

const { blob, index, integer, sqliteTable, text } = sqlite

/** What this file belongs to: one recorder of one deployment, in one schema version. */
export const meta = sqliteTable('meta', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})

/** Windows that are open. One found here at start was cut by a crash: it closes with its last checkpoint. */
export const windows = sqliteTable('windows', {
  id: integer('id').primaryKey(),
  /** JSON of ClosedAccess as of the last checkpoint. */
  state: text('state').notNull(),
  /** Unix seconds of the first access: the watermark stays below it. */
  firstAt: integer('first_at').notNull(),
})

/**
 * Accesses that were announced and have not happened. They do not hold the watermark back, since they will be recorded
 * as of when they happen. One found here at start may have happened: it closes with count 0 and "lower bound".
 */
export const announced = sqliteTable('announced', {
  id: integer('id').primaryKey(),
  /** JSON of the entry. */
  state: text('state').notNull(),
})

/** Closed entries with sequence, salt and leaf. The copy goes once its batch is final. */
export const records = sqliteTable(
  'records',
  {
    seq: integer('seq').primaryKey(),
    /** The 72 bytes of the batch. */
    bytes: blob('bytes', { mode: 'buffer' }).notNull(),
    /** RFC 8785 text, as hashed. */
    evidence: text('evidence').notNull(),
    salt: blob('salt', { mode: 'buffer' }).notNull(),
    leaf: blob('leaf', { mode: 'buffer' }).notNull(),
    /** Unix seconds of the first access. */
    firstAt: integer('first_at').notNull(),
  },
  // How old the oldest is must be known each second and for each batch: without it, by reading every row.
  ({ firstAt }) => [index('records_first_at').on(firstAt)],
)

/** Batches that are not final. Nothing of a row changes once written but `block` and `copied`. */
export const batches = sqliteTable('batches', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  firstSeq: integer('first_seq').notNull(),
  count: integer('count').notNull(),
  recordsHash: text('records_hash').notNull(),
  evidenceRoot: text('evidence_root').notNull(),
  through: integer('through').notNull(),
  builtAt: integer('built_at').notNull(),
  /** The head before and after: how the chain's state tells which batches it holds. */
  headBefore: text('head_before').notNull(),
  head: text('head').notNull(),
  /** The block that holds it, as last seen; a reorg clears it. */
  block: integer('block'),
  /** 1 once its evidence is in the evidence store. */
  copied: integer('copied').notNull().default(0),
})

/** Hashes of reports that are to stand on chain, kept for ever: asked for again, one is not sent again. */
export const issues = sqliteTable('issues', {
  /** They are sent in this order. */
  id: integer('id').primaryKey({ autoIncrement: true }),
  /** SHA-256 of the file. */
  reportHash: text('report_hash').notNull().unique(),
  /** A number of ReportKind. */
  kind: integer('kind').notNull(),
  /** No block before it can hold it; null until the chain was looked at, which is before it is sent. */
  fromBlock: integer('from_block'),
  /** The block that holds it, as last seen, and its transaction; a reorg clears both. */
  block: integer('block'),
  transaction: text('transaction_hash'),
  /** 1 once that block is final. */
  final: integer('final').notNull().default(0),
})
