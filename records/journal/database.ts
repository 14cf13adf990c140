/**
 * @module Opens a SQLite file of ours, durable and bound to what it belongs to. What is foreign, damaged or newer is
 * refused and left as it was.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { drizzle, migrate } from '../drizzle.ts'
import { RecordsError } from '../port.ts'

export const SCHEMA_VERSION = 2

export interface OpenOptions {
  path: string
  migrations: URL
  /** SQLite's page cache and checkpoints are left at their defaults; FULL: a commit is on disk when it returns. */
  readonly?: boolean
}

export interface OpenDatabase {
  sqlite: Database.Database
  db: BetterSQLite3Database
}

/** Opens or makes the file. Throws RecordsError JOURNAL_DAMAGED or JOURNAL_NEWER, touching nothing. */
export function openDatabase({ path, migrations, readonly = false }: OpenOptions): OpenDatabase {
  const isNew = !existsSync(path)
  let sqlite: Database.Database | undefined
  try {
    sqlite = new Database(path, { readonly })
    if (!isNew) assertWhole(sqlite, path)
    if (!readonly) {
      sqlite.pragma('journal_mode = WAL')
      sqlite.pragma('synchronous = FULL')
      sqlite.pragma('secure_delete = ON')
    }
    const db = drizzle(sqlite)
    if (!readonly) migrate(db, { migrationsFolder: fileURLToPath(migrations) })
    sqlite.pragma(readonly ? 'query_only = ON' : `user_version = ${SCHEMA_VERSION}`)
    return { sqlite, db }
  } catch (cause) {
    sqlite?.close()
    if (cause instanceof RecordsError) throw cause
    throw damaged(path, cause)
  }
}

function assertWhole(sqlite: Database.Database, path: string): void {
  const version = Number(sqlite.pragma('user_version', { simple: true }))
  if (version > SCHEMA_VERSION) {
    const remedy = 'Use the version of flytrap that wrote it, or a newer one: nothing was changed.'
    throw new RecordsError(
      'JOURNAL_NEWER',
      `${path} has schema version ${version}, newer than ${SCHEMA_VERSION}. ${remedy}`,
    )
  }
  if (sqlite.pragma('quick_check(1)', { simple: true }) !== 'ok') throw damaged(path)
}

function damaged(path: string, cause?: unknown): RecordsError {
  const remedy =
    'Restore it from a backup; a journal that is lost for good needs a new recorder key: nothing was changed.'
  return new RecordsError('JOURNAL_DAMAGED', `${path} is damaged or no database of flytrap. ${remedy}`, { cause })
}
