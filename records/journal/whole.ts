/** @module Whether a SQLite file is whole, as SQLite finds it. */
import Database from 'better-sqlite3'

/** Reads all but the tables named. Throws SqliteError when it could not be read: that says nothing of the file. */
export function isWhole(sqlite: Database.Database, unread: readonly string[]): boolean {
  const checks =
    unread.length === 0 ? ['quick_check(1)'] : tablesOf(sqlite, unread).map((name) => `quick_check("${name}")`)
  return checks.every((check) => isSound(sqlite.pragma(check, { simple: true }) as string))
}

const tablesOf = (sqlite: Database.Database, but: readonly string[]): string[] =>
  (sqlite.pragma('table_list') as { schema: string; name: string; type: string }[])
    .filter(({ schema, name, type }) => schema === 'main' && type === 'table' && !but.includes(name))
    .map(({ name }) => name)

/** What the answer calls a page that could not be had; the number is SQLite's extended result code. */
const UNREAD_PAGE = /unable to get the page\. error code=(\d+)/
/** https://sqlite.org/rescode.html: the low byte is the primary code. */
const PRIMARY = 0xff
const FAILURES = new Map([
  [7, 'SQLITE_NOMEM'],
  [10, 'SQLITE_IOERR'],
])

/** Judges what quick_check answered. Throws SqliteError where the disk or the memory failed, which it tells as it tells damage. */
export function isSound(answer: string): boolean {
  const extended = Number(UNREAD_PAGE.exec(answer)?.[1] ?? 0)
  const failure = FAILURES.get(extended & PRIMARY)
  if (failure !== undefined) throw new Database.SqliteError(answer, failure)
  return answer === 'ok'
}
