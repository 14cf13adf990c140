/**
 * @module The file of what brokers keep of sessions. It never waits for the disk, except to forget: a crash of the process
 * loses nothing that was kept, one of the machine may lose what came last.
 */
import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Logger } from 'pino'
import { RecordsError } from '../../records/port.ts'

/** Of another version nothing can be erased by subject: it is begun anew. */
const VERSION = 2

export interface KeptRow {
  /** Hashes, not the ids themselves: they name a wallet and a device. */
  session: string
  /** Null where nothing is left that tells of anybody. */
  account: string | null
  /** Unix seconds: nothing in it is older. */
  since: number
  /** A JSON array of texts. */
  lines: string
}

/** Opens the file, or makes it. One that is damaged, or of another version, is begun anew. */
export function openKeptFile(path: string, log: Logger): Database.Database {
  try {
    return prepared(new Database(path))
  } catch (error) {
    if (!DAMAGED.has((error as { code?: string }).code ?? '')) throw error
    log.warn({ err: error, path }, 'what brokers keep of earlier sessions is unreadable: begun anew')
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
    return prepared(new Database(path))
  }
}

const DAMAGED: ReadonlySet<string> = new Set(['SQLITE_NOTADB', 'SQLITE_CORRUPT'])

function prepared(sqlite: Database.Database): Database.Database {
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = OFF') // a disk that stalls must not stall the packets of others
  sqlite.pragma('secure_delete = ON')
  if (versionOf(sqlite) !== VERSION) beginAnew(sqlite)
  return sqlite
}

/** Other processes of the home open it too: the first one begins. */
function beginAnew(sqlite: Database.Database): void {
  const begin = sqlite.transaction(() => {
    if (versionOf(sqlite) === VERSION) return
    sqlite.exec(`
      DROP TABLE IF EXISTS kept;
      CREATE TABLE kept (
        id INTEGER PRIMARY KEY, session TEXT UNIQUE NOT NULL, account TEXT, since INTEGER NOT NULL, until INTEGER,
        lines TEXT NOT NULL
      )`)
    sqlite.pragma(`user_version = ${VERSION}`)
  })
  begin.immediate()
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
}

const versionOf = (sqlite: Database.Database): number => sqlite.pragma('user_version', { simple: true }) as number

/** Leaves no byte of what `erase` deleted in any file. Throws STORE_BUSY while a reader prevents it. */
export function eraseInFile(sqlite: Database.Database, erase: () => void): void {
  sqlite.pragma('synchronous = FULL') // what is said to be gone does not come back with the power
  try {
    sqlite.transaction(erase).immediate()
    const [result] = sqlite.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    if (result?.busy !== 0)
      throw new RecordsError('STORE_BUSY', 'What is kept of sessions is being read: erased bytes stay in its log.')
  } finally {
    sqlite.pragma('synchronous = OFF')
  }
}

export function statementsOf(sqlite: Database.Database) {
  return {
    find: sqlite.prepare<[string], KeptRow>('SELECT * FROM kept WHERE session = ?'),
    edition: sqlite.prepare<[string], { id: number }>('SELECT id FROM kept WHERE session = ?'),
    heads: sqlite.prepare<[], Omit<KeptRow, 'lines'>>('SELECT session, account, since FROM kept'),
    // A new id each time: the lowest is of the session that was changed longest ago.
    put: sqlite.prepare<[string, string | null, number, string]>(
      'INSERT OR REPLACE INTO kept (session, account, since, lines) VALUES (?, ?, ?, ?)',
    ),
    end: sqlite.prepare<[number | null, string]>('UPDATE kept SET until = ? WHERE session = ?'),
    reduce: sqlite.prepare<[string | null, string, string]>('UPDATE kept SET account = ?, lines = ? WHERE session = ?'),
    drop: sqlite.prepare<[string]>('DELETE FROM kept WHERE session = ?'),
    dropEnded: sqlite.prepare<[number]>('DELETE FROM kept WHERE until < ?'),
    dropBeyond: sqlite.prepare<[number]>('DELETE FROM kept WHERE id <= (SELECT max(id) FROM kept) - ?'),
  }
}
