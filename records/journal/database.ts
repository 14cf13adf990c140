/**
 * @module Opens a SQLite file of ours, durable. What is damaged or newer is refused and left as it was; what is older is
 * migrated beside itself first (migrate-file.ts).
 */
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { drizzle, migrate } from '../drizzle.ts'
import { RecordsError, type RecordsErrorCode } from '../port.ts'
import { alone, forgetOld, isHalfDone, migrateCopy, recoverOld } from './migrate-file.ts'
import { isWhole } from './whole.ts'

/** What a kind of file holds. */
export interface FileSchema {
  /** Written into the file, raised with each migration: an older program refuses a newer file. */
  version: number
  migrations: URL
  damaged: RecordsErrorCode
  newer: RecordsErrorCode
  /** It is not there, or not now: a folder, a disk, a lock. */
  unreachable: RecordsErrorCode
  /** What to do when the file cannot be read. */
  remedy: string
  /** Tables that are too long to be read through at start, once the file is large. */
  bulkTables: readonly string[]
}

/** Version 3 keeps the reports that are to be anchored. */
export const JOURNAL_SCHEMA: FileSchema = {
  version: 3,
  migrations: new URL('./migrations/', import.meta.url),
  damaged: 'JOURNAL_DAMAGED',
  newer: 'JOURNAL_NEWER',
  unreachable: 'JOURNAL_WRITE_FAILED',
  remedy: 'Restore it from a backup; a journal that is lost for good needs a new recorder key.',
  bulkTables: ['records'], // it alone grows with what waits for the chain
}

/** Version 3 names the contract that the store belongs to; version 4 keeps reports; version 5 when accesses began. */
export const EVIDENCE_SCHEMA: FileSchema = {
  version: 5,
  migrations: new URL('../store/sqlite/migrations/', import.meta.url),
  damaged: 'STORE_DAMAGED',
  newer: 'STORE_NEWER',
  unreachable: 'STORE_UNREACHABLE',
  remedy:
    'Restore it from a backup: erasures are replayed on it. Without one move the file away; what it held is not available any more, and records go on.',
  bulkTables: ['reports'], // each file in it bears a signature of its own
}

export interface OpenOptions {
  path: string
  schema: FileSchema
  readonly?: boolean
  /** How long another process that migrates the file is waited for. */
  waitMs?: number
}

export interface OpenDatabase {
  sqlite: Database.Database
  db: BetterSQLite3Database
}

/** What a migration of a large file takes on a slow disk, and more. */
const WAIT_MS = 60_000

/** Opens or makes the file. Throws RecordsError by the schema's codes, or STORE_BUSY, touching nothing. */
export function openDatabase(options: OpenOptions): OpenDatabase {
  const { path, schema, waitMs = WAIT_MS } = options
  const opened = open(options, false)
  if (opened !== 'to be migrated') return opened
  try {
    return alone(path, waitMs, () => {
      recoverOld(path)
      return open({ path, schema }, true) as OpenDatabase
    })
  } catch (cause) {
    throw cause instanceof RecordsError ? cause : unreachable(path, schema, cause as Error)
  }
}

/** Whoever does not migrate alone leaves a file alone that is older, or that somebody is at. */
function open({ path, schema, readonly = false }: OpenOptions, isAlone: boolean): OpenDatabase | 'to be migrated' {
  // In this order: while the file is away, what tells of its migration is there, and no empty one may take its place.
  const isNew = !existsSync(path) && !isHalfDone(path)
  if (!readonly && !isAlone && isHalfDone(path)) return 'to be migrated'
  let sqlite: Database.Database | undefined
  try {
    sqlite = new Database(path, { readonly, fileMustExist: !isNew })
    const isOld = !isNew && !readonly && versionOf(sqlite) < schema.version
    if (isOld && !isAlone) return leave(sqlite) // at once: who migrates must be alone
    if (!isNew) assertWhole(sqlite, path, schema)
    if (isOld) sqlite = bringUp(sqlite, path, schema)
    if (!readonly) {
      makeDurable(sqlite)
      if (isNew) migrateTo(schema)(sqlite)
      if (isAlone) forgetOld(path)
    }
    if (readonly) sqlite.pragma('query_only = ON')
    return { sqlite, db: drizzle(sqlite) }
  } catch (cause) {
    sqlite?.close()
    if (!readonly && !isAlone && isHalfDone(path)) return 'to be migrated' // it went away meanwhile
    if (cause instanceof RecordsError) throw cause
    if (isUnreachable(path, cause)) throw unreachable(path, schema, cause as Error)
    throw damaged(path, schema, cause)
  }
}

/** Returns the bytes of a file that is migrated when it is opened next; 0 for none, or where that cannot be told. */
export function bytesToMigrate(path: string, schema: FileSchema): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return 0
  let sqlite: Database.Database | undefined
  try {
    sqlite = new Database(path, { readonly: true })
    return versionOf(sqlite) < schema.version ? size : 0
  } catch {
    return 0 // opening it says why
  } finally {
    sqlite?.close()
  }
}

function leave(sqlite: Database.Database): 'to be migrated' {
  sqlite.close()
  return 'to be migrated'
}

const PASSING = /^SQLITE_(CANTOPEN|IOERR|BUSY|FULL|READONLY|NOMEM)/

const isUnreachable = (path: string, cause: unknown): boolean =>
  !existsSync(dirname(path)) || PASSING.test((cause as { code?: string }).code ?? '')

function unreachable(path: string, schema: FileSchema, cause: Error): RecordsError {
  const remedy = 'See that its folder is there, may be written, and has room.'
  return new RecordsError(schema.unreachable, `${path} cannot be opened (${cause.message}). ${remedy}`, { cause })
}

function bringUp(old: Database.Database, path: string, schema: FileSchema): Database.Database {
  try {
    return migrateCopy(old, path, migrateTo(schema))
  } catch (cause) {
    if (cause instanceof RecordsError) throw cause
    const remedy = 'It stays as it was: go on with the version of flytrap that wrote it, and report this.'
    const what = `${path} cannot be brought to schema version ${schema.version} (${(cause as Error).message})`
    throw new RecordsError(schema.damaged, `${what}. ${remedy}`, { cause })
  }
}

const versionOf = (sqlite: Database.Database): number => Number(sqlite.pragma('user_version', { simple: true }))

/** SQLite's page cache and checkpoints are left at their defaults; FULL: a commit is on disk when it returns. */
function makeDurable(sqlite: Database.Database): void {
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma('secure_delete = ON')
  sqlite.pragma('temp_store = MEMORY') // what is sorted or rolled back leaves no file behind
}

const migrateTo =
  ({ migrations, version }: FileSchema) =>
  (sqlite: Database.Database): void => {
    migrate(drizzle(sqlite), { migrationsFolder: fileURLToPath(migrations) })
    sqlite.pragma(`user_version = ${version}`)
  }

function assertWhole(sqlite: Database.Database, path: string, schema: FileSchema): void {
  const version = versionOf(sqlite)
  if (version > schema.version) {
    const remedy = 'Use the version of flytrap that wrote it, or a newer one: nothing was changed.'
    throw new RecordsError(
      schema.newer,
      `${path} has schema version ${version}, newer than ${schema.version}. ${remedy}`,
    )
  }
  if (!isOurs(sqlite, version) || !isWhole(sqlite, isLarge(path) ? schema.bulkTables : [])) throw damaged(path, schema)
}

/** Reading all of it takes about a second a gibibyte, and devices wait. */
const LARGE_BYTES = 64 * 2 ** 20

export const isLarge = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGE_BYTES

const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/

/** Reads all of a journal, for as long as it takes. Throws RecordsError JOURNAL_DAMAGED; SqliteError when it cannot be read. */
export function checkAll(path: string): void {
  let sqlite: Database.Database | undefined
  try {
    sqlite = new Database(path, { readonly: true })
    if (isWhole(sqlite, [])) return
  } catch (cause) {
    if (!DAMAGE.test((cause as { code?: string }).code ?? '')) throw cause
    throw damaged(path, JOURNAL_SCHEMA, cause)
  } finally {
    sqlite?.close()
  }
  throw damaged(path, JOURNAL_SCHEMA)
}

/** A file without a version is one whose maker was killed, or somebody else's: migrating that would make it ours. */
function isOurs(sqlite: Database.Database, version: number): boolean {
  const tables = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]
  return version > 0 || tables.length === 0 || tables.some(({ name }) => name === '__drizzle_migrations')
}

function damaged(path: string, schema: FileSchema, cause?: unknown): RecordsError {
  const what = `${path} is damaged or no database of flytrap`
  return new RecordsError(schema.damaged, `${what}. ${schema.remedy} Nothing was changed.`, { cause })
}
