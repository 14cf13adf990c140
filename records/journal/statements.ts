/** @module What a commit runs, prepared once: building a statement takes longer than running it. */
import { eq, sql } from '../drizzle.ts'
import type { OpenDatabase } from './database.ts'
import { announced, meta, records, windows } from './schema.ts'

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
  }
}
