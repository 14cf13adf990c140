/** @module What each commit, each second and each batch runs, prepared once: building a statement takes longer than running it. */
import { and, asc, desc, eq, gte, isNull, lt, sql } from '../drizzle.ts'
import type { OpenDatabase } from './database.ts'
import { announced, batches, meta, records, windows } from './schema.ts'

export type Statements = ReturnType<typeof prepareStatements>

export function prepareStatements(db: OpenDatabase['db']) {
  const value = (name: string) => sql.placeholder(name)
  const [id, state, key, seq] = [value('id'), value('state'), value('key'), value('seq')]
  const entry = { bytes: value('bytes'), evidence: value('evidence'), salt: value('salt'), leaf: value('leaf') }
  return {
    insertRecord: db
      .insert(records)
      .values({ seq, ...entry, firstAt: value('firstAt') })
      .prepare(),
    insertWindow: db
      .insert(windows)
      .values({ id, state, firstAt: value('firstAt') })
      .prepare(),
    updateWindow: db
      .update(windows)
      .set({ state: sql`${state}` })
      .where(eq(windows.id, id))
      .prepare(),
    deleteWindow: db.delete(windows).where(eq(windows.id, id)).prepare(),
    insertAnnounced: db.insert(announced).values({ id, state }).prepare(),
    deleteAnnounced: db.delete(announced).where(eq(announced.id, id)).prepare(),
    getMeta: db.select({ value: meta.value }).from(meta).where(eq(meta.key, key)).prepare(),
    setMeta: db
      .insert(meta)
      .values({ key, value: value('value') })
      .onConflictDoUpdate({ target: meta.key, set: { value: sql`excluded.value` } })
      .prepare(),
    ...prepareReadings(db),
  }
}

function prepareReadings(db: OpenDatabase['db']) {
  const { seq, bytes, leaf, firstAt } = records
  const between = and(gte(seq, sql.placeholder('from')), lt(seq, sql.placeholder('to')))
  const firstUnplaced = { seq: sql<number | null>`min(first_seq)` }
  return {
    countOpen: db.select({ n: sql<number>`count(*)` }).from(windows).prepare(),
    oldestOpen: db.select({ at: sql<number | null>`min(first_at)` }).from(windows).prepare(),
    // Along the index by time: the few that are older and in batches already are passed over. `+` keeps SQLite on it.
    oldestClosed: db
      .select({ at: firstAt })
      .from(records)
      .where(sql`+seq >= ${sql.placeholder('seq')}`)
      .orderBy(sql`first_at`)
      .limit(1)
      .prepare(),
    countUnanchored: db.select({ n: sql<number>`coalesce(sum(count), 0)` }).from(batches).prepare(),
    firstUnplaced: db.select(firstUnplaced).from(batches).where(isNull(batches.block)).prepare(),
    batches: db.select().from(batches).orderBy(asc(batches.id)).prepare(),
    lastBatch: db.select().from(batches).orderBy(desc(batches.id)).limit(1).prepare(),
    recordBytes: db.select({ seq, bytes, leaf }).from(records).where(between).orderBy(asc(seq)).prepare(),
    records: db.select().from(records).where(between).orderBy(asc(seq)).prepare(),
  }
}
