/** @module The evidence store's table. Only evidence says more than a pseudonym, so only this file is ever erased from. */
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

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
  },
  (table) => [primaryKey({ columns: [table.recorderId, table.seq] })],
)
