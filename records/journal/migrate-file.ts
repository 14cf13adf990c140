/**
 * @module A file of an older version, brought up without risk: a copy is migrated and proven beside it, then takes its
 * place, and only once it opened there the old one goes. A crash at any point leaves one whole file, and the next start
 * goes on. The old one must go: no erasure would reach it. One process at a time does all that, under a lock.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { RecordsError } from '../port.ts'

const newOf = (path: string): string => `${path}.migrating`
const oldOf = (path: string): string => `${path}.before-migration`
const lockOf = (path: string): string => `${path}.migration-lock`
const FAMILY = ['', '-wal', '-shm', '-journal']

/** Somebody is at it, or was when it crashed. */
export const isHalfDone = (path: string): boolean =>
  existsSync(oldOf(path)) || FAMILY.some((end) => existsSync(newOf(path) + end))

/**
 * Does `work` while no other process migrates this file. The lock ends with its process, however that ends; its empty
 * file stays: whoever still waits for one that was removed would hold it beside the next one's. Throws RecordsError
 * STORE_BUSY after `waitMs`.
 */
export function alone<T>(path: string, waitMs: number, work: () => T): T {
  const lock = new Database(lockOf(path), { timeout: waitMs })
  try {
    lockNow(lock, path)
    return work()
  } finally {
    lock.close()
  }
}

function lockNow(lock: Database.Database, path: string): void {
  try {
    lock.pragma('journal_mode = MEMORY') // no file beside it
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    const what = `${path} is being brought to a newer version by another process`
    throw new RecordsError('STORE_BUSY', `${what}: start again when that one has started.`, { cause })
  }
}

/** Undoes what a crash left half done: without a file in its place the old one is the truth. */
export function recoverOld(path: string): void {
  discardNew(path)
  if (existsSync(path) || !existsSync(oldOf(path))) return
  renameSync(oldOf(path), path)
  syncFolder(path)
}

/** A copy that takes nobody's place would be kept for ever, and no erasure would reach it. */
function discardNew(path: string): void {
  for (const end of FAMILY) rmSync(newOf(path) + end, { force: true })
}

/** The new file opened and is whole: the old one goes. */
export function forgetOld(path: string): void {
  if (!existsSync(oldOf(path))) return
  rmSync(oldOf(path))
  syncFolder(path)
}

/** Returns the migrated database in the old one's place. Throws, with the old file as it was, when it cannot be proven. */
export function migrateCopy(
  old: Database.Database,
  path: string,
  migrate: (copy: Database.Database) => void,
): Database.Database {
  assertAlone(old, path)
  try {
    makeNew(old, path, migrate)
  } catch (error) {
    discardNew(path)
    throw error
  }
  old.close()
  renameSync(path, oldOf(path))
  renameSync(newOf(path), path)
  syncFolder(path)
  return new Database(path)
}

function makeNew(old: Database.Database, path: string, migrate: (copy: Database.Database) => void): void {
  old.prepare('VACUUM INTO ?').run(newOf(path))
  const copy = new Database(newOf(path))
  try {
    copy.pragma('secure_delete = ON')
    migrate(copy)
    assertProven(old, copy)
  } finally {
    copy.close()
  }
  syncFile(newOf(path))
}

/** Others may look at its version meanwhile, which takes them a moment. */
const LOOKS = 10
const LOOK_MS = 100

/** Whoever else has it open would go on writing to the old one. Without a log of its own the file is whole by itself. */
function assertAlone(old: Database.Database, path: string): void {
  let cause: unknown
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS)
    try {
      if (old.pragma('journal_mode = DELETE', { simple: true }) === 'delete') return
    } catch (error) {
      cause = error
    }
  }
  throw inUse(path, cause)
}

const inUse = (path: string, cause?: unknown): RecordsError =>
  new RecordsError(
    'STORE_BUSY',
    `${path} is of an older version, and open in another process: end that one (npx flytrap status), then start again.`,
    { cause },
  )

/** Whole, and with every row of every table that the old one has. */
function assertProven(old: Database.Database, copy: Database.Database): void {
  if (copy.pragma('integrity_check(1)', { simple: true }) !== 'ok') throw new Error('the migrated copy is not whole')
  for (const name of tablesOf(old)) {
    const [before, after] = [countOf(old, name), countOf(copy, name)]
    if (before !== after) throw new Error(`the migrated copy has ${after} rows of ${name}, not ${before}`)
  }
}

/** Every table of ours; the bookkeeping of migrations grows. */
function tablesOf(database: Database.Database): string[] {
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]
  return rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_') && name !== '__drizzle_migrations')
}

function countOf(database: Database.Database, table: string): number {
  const row = database.prepare(`SELECT count(*) AS n FROM "${table.replaceAll('"', '""')}"`).get() as { n: number }
  return row.n
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** Names are durable only with their folder; Windows has no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
