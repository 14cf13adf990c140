/** @module SQLite alone, with the journal's settings, on the journal's disk: what all else is held against. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** About what a record takes. */
const ROW = 'x'.repeat(700)
let files = 0

function openBare(dir: string) {
  const sqlite = new Database(join(dir, `bare-${++files}.sqlite`))
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)')
  return { sqlite, insert: sqlite.prepare('INSERT INTO entry (text) VALUES (?)') }
}

/** Returns what measures so many commits of one row, in microseconds each. */
export function openBareCommits(dir: string): (count: number) => number[] {
  const { insert } = openBare(dir)
  return (count) =>
    Array.from({ length: count }, () => {
      const startedAt = performance.now()
      insert.run(ROW)
      return (performance.now() - startedAt) * 1_000
    })
}

/** Returns rows a second, `group` of them in each transaction. */
export function bareRowsPerSecond(dir: string, { group, forMs }: { group: number; forMs: number }): number {
  const { sqlite, insert } = openBare(dir)
  const insertGroup = sqlite.transaction(() => {
    for (let i = 0; i < group; i++) insert.run(ROW)
  })
  const startedAt = performance.now()
  let rows = 0
  for (; performance.now() - startedAt < forMs; rows += group) insertGroup()
  const perSecond = (rows / (performance.now() - startedAt)) * 1_000
  sqlite.close()
  return perSecond
}
