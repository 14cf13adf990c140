import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ReportKind } from '../../domain/enums.ts'
import { IssueFile } from '../../records/issue/issue-file.ts'
import { EVIDENCE_SCHEMA, type FileSchema, JOURNAL_SCHEMA, openDatabase } from '../../records/journal/database.ts'
import { recoverOld } from '../../records/journal/migrate-file.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'

/** All of it does its own work, except where a test puts another process's deed in between. */
vi.mock('../../records/journal/migrate-file.ts', { spy: true })

const run = promisify(execFile)
let dir: string
let path: string
const owner = { chainId: 31_337n, contract: `0x${'11'.repeat(20)}` } as const
const row = {
  recorderId: 1,
  seq: 1,
  text: '{"clientId":"alice-phone"}',
  salt: `0x${'05'.repeat(64)}`,
  leaf: `0x${'01'.repeat(32)}`,
  batchFirstSeq: 1,
  batchCount: 1,
} as const

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'flytrap-schema-'))
  path = join(dir, 'evidence.sqlite')
})
afterEach(() => rmSync(dir, { recursive: true }))

/** The schema as it was before its last migration. */
function earlier(schema: FileSchema, more: (folder: string) => void = () => {}): FileSchema {
  const folder = join(mkdtempSync(join(dir, 'migrations-')), '/')
  cpSync(schema.migrations, folder, { recursive: true })
  const file = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, -1) }))
  more(folder)
  return { ...schema, version: schema.version - 1, migrations: pathToFileURL(folder) }
}

/** An evidence store of the version before, with one record, as that version left it. */
function makeOld(): void {
  const { sqlite } = openDatabase({ path, schema: earlier(EVIDENCE_SCHEMA) })
  sqlite
    .prepare(
      'INSERT INTO evidence (recorder_id, seq, text, salt, leaf, batch_first_seq, batch_count) VALUES (1,1,?,?,?,1,1)',
    )
    .run(row.text, Buffer.alloc(64, 5), Buffer.alloc(32, 1))
  sqlite.close()
}
const filesThere = () => readdirSync(dir).filter((name) => name.startsWith('evidence.sqlite'))
const LOCK = 'evidence.sqlite.migration-lock'
const openAtOnce = () => openDatabase({ path, schema: EVIDENCE_SCHEMA, waitMs: 50 })
/** Locks as a process does that migrates. */
function takeLock(lock = new Database(join(dir, LOCK))): Database.Database {
  lock.pragma('journal_mode = MEMORY')
  lock.exec('BEGIN EXCLUSIVE')
  return lock
}
function versionOf(): unknown {
  const file = new Database(path, { readonly: true })
  const version = file.pragma('user_version', { simple: true })
  file.close()
  return version
}

describe('a file of an older version', () => {
  test('is migrated with all that it holds, and its old bytes are gone then: no erasure would reach them', async () => {
    makeOld()
    const store = await openEvidenceStore(path, owner)
    expect(await store.one(1, 1)).toEqual(row)
    store.close()
    expect([filesThere(), versionOf()]).toEqual([['evidence.sqlite', LOCK], EVIDENCE_SCHEMA.version])
  })

  test('comes through a crash at any point: while copying, between the two renames, and before the old one goes', async () => {
    const check = async (): Promise<void> => {
      const store = await openEvidenceStore(path, owner)
      expect(await store.one(1, 1)).toEqual(row)
      store.close()
      expect(filesThere()).toEqual(['evidence.sqlite', LOCK])
    }
    makeOld()
    writeFileSync(`${path}.migrating`, 'half a copy')
    writeFileSync(`${path}.migrating-journal`, 'what the copy held before its migration')
    await check()
    rmSync(path)
    makeOld()
    renameSync(path, `${path}.before-migration`)
    await check()
    writeFileSync(`${path}.before-migration`, 'the old one')
    await check()
  })

  test('stays as it was when the migrated copy cannot be proven', () => {
    makeOld()
    const before = readFileSync(path)
    const lossy = { ...EVIDENCE_SCHEMA, migrations: withMigration('DELETE FROM evidence;') }
    expect(() => openDatabase({ path, schema: lossy })).toThrow(/0 rows of evidence, not 1.*stays as it was/)
    const broken = { ...EVIDENCE_SCHEMA, migrations: withMigration('CREATE TABLE evidence (x);') }
    expect(() => openDatabase({ path, schema: broken })).toThrow(/stays as it was/)
    // Only the mark that it needs no log of its own changed.
    expect(withoutModeMark(readFileSync(path))).toEqual(withoutModeMark(before))
    expect(filesThere(), 'a copy that stays behind would be reached by no erasure').toEqual(['evidence.sqlite', LOCK])
  })

  test('is migrated by one process, however many start at once, and nothing that any of them writes is lost', {
    timeout: 60_000,
  }, async () => {
    makeOld()
    const start = (seq: number) =>
      run(process.execPath, [join(import.meta.dirname, 'put-evidence.ts'), path, String(seq)], { timeout: 60_000 })
    await Promise.all([2, 3, 4, 5].map(start))
    const store = await openEvidenceStore(path, owner)
    const found = await Promise.all([1, 2, 3, 4, 5].map((seq) => store.one(1, seq)))
    store.close()
    expect(found.map((it) => it?.seq)).toEqual([1, 2, 3, 4, 5])
    expect(filesThere()).toEqual(['evidence.sqlite', LOCK])
  })

  test('is left alone, with the copy beside it, while another process migrates it', () => {
    makeOld()
    const lock = takeLock()
    const refused = expect.objectContaining({ code: 'STORE_BUSY', message: expect.stringMatching(/start again/) })
    for (const _start of [1, 2]) expect(openAtOnce, 'who waited in vain holds no lock of his own').toThrow(refused)
    writeFileSync(`${path}.migrating`, 'its copy')
    rmSync(path) // between the two renames
    expect(openAtOnce).toThrow(refused)
    expect(filesThere()).toEqual(['evidence.sqlite.migrating', LOCK])
    lock.close()
  })

  test('is left alone while somebody migrates it who waited for another to end', () => {
    makeOld()
    const waiting = new Database(`${path}.migration-lock`)
    openAtOnce().sqlite.close()
    rmSync(path)
    makeOld()
    const lock = takeLock(waiting)
    expect(openAtOnce).toThrow(expect.objectContaining({ code: 'STORE_BUSY' }))
    lock.close()
  })

  test('is not made anew, empty, when somebody takes it away at the last moment', () => {
    makeOld()
    writeFileSync(`${path}.migrating`, 'half a copy')
    vi.mocked(recoverOld).mockImplementationOnce(() => renameSync(path, `${path}.before-migration`))
    expect(openAtOnce).toThrow(expect.objectContaining({ code: 'STORE_UNREACHABLE' }))
    rmSync(`${path}.migrating`)
    expect(filesThere()).toEqual(['evidence.sqlite.before-migration', LOCK])
  })

  test('is not touched while another process has it open', () => {
    makeOld()
    const other = new Database(path)
    other.prepare('SELECT * FROM evidence').all()
    expect(() => openDatabase({ path, schema: EVIDENCE_SCHEMA })).toThrow(/open in another process/)
    other.close()
  })
})

test('a journal of before reports were anchored keeps what it holds, and takes them', () => {
  const old = openDatabase({ path, schema: earlier(JOURNAL_SCHEMA) })
  old.sqlite.exec("INSERT INTO windows (id, state, first_at) VALUES (7, '{}', 1)")
  expect(() => new IssueFile(old.db).open()).toThrow(/no such table/)
  old.sqlite.close()
  const { sqlite, db } = openDatabase({ path, schema: JOURNAL_SCHEMA })
  const report = { reportHash: `0x${'a7'.repeat(32)}`, kind: ReportKind.TOPIC_ACCESS } as const
  const issues = new IssueFile(db)
  expect([issues.note(report), issues.note(report), issues.counts()]).toEqual([true, false, { waiting: 1, issued: 0 }])
  expect(sqlite.prepare('SELECT id FROM windows').all()).toEqual([{ id: 7 }])
  sqlite.close()
})

describe('a file that is none of ours, or newer, or damaged', () => {
  test.each([
    ['journal', JOURNAL_SCHEMA, 'JOURNAL'],
    ['evidence store', EVIDENCE_SCHEMA, 'STORE'],
  ])('is refused as %s with what to do, and nothing is overwritten', (_what, schema, prefix) => {
    const refusal = (): { code?: string; message?: string } => {
      try {
        openDatabase({ path, schema }).sqlite.close()
        return {}
      } catch (error) {
        return error as { code: string; message: string }
      }
    }
    const foreign = new Database(path)
    foreign.exec('CREATE TABLE cellar (wine TEXT)')
    foreign.close()
    const bytes = readFileSync(path)
    expect(refusal()).toMatchObject({
      code: `${prefix}_DAMAGED`,
      message: expect.stringMatching(/no database of flytrap/),
    })
    expect(readFileSync(path).equals(bytes)).toBe(true)
    rmSync(path)

    openDatabase({ path, schema }).sqlite.close()
    const newer = new Database(path)
    newer.pragma(`user_version = ${schema.version + 1}`)
    newer.close()
    expect(refusal()).toMatchObject({ code: `${prefix}_NEWER`, message: expect.stringMatching(/newer than \d/) })

    writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 5_000), Buffer.alloc(3_000, 7)]))
    const damaged = readFileSync(path)
    expect(refusal().code).toBe(`${prefix}_DAMAGED`)
    expect(readFileSync(path).equals(damaged)).toBe(true)
  })

  test('one that its maker did not finish, being killed, is finished', () => {
    const { sqlite } = openDatabase({ path, schema: EVIDENCE_SCHEMA })
    sqlite.pragma('user_version = 0')
    sqlite.close()
    openDatabase({ path, schema: EVIDENCE_SCHEMA }).sqlite.close()
    expect(versionOf()).toBe(EVIDENCE_SCHEMA.version)
  })
})

test('an evidence store of another contract is refused, since its sequences would be taken for ours', async () => {
  const store = await openEvidenceStore(path, owner)
  await store.put([row])
  store.close()
  const other = { ...owner, contract: `0x${'22'.repeat(20)}` } as const
  await expect(openEvidenceStore(path, other)).rejects.toMatchObject({
    code: 'STORE_FOREIGN',
    message: expect.stringContaining('an evidence store of its own'),
  })
  const again = await openEvidenceStore(path, owner)
  expect(await again.one(1, 1)).toEqual(row)
  again.close()
})

/** The real migrations, their last one with something else to do. */
function withMigration(sql: string): URL {
  const folder = join(mkdtempSync(join(dir, 'migrations-')), '/')
  mkdirSync(folder, { recursive: true })
  cpSync(EVIDENCE_SCHEMA.migrations, folder, { recursive: true })
  const last = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .at(-1)
  writeFileSync(join(folder, last ?? ''), sql)
  return pathToFileURL(folder)
}

/** Bytes 18 and 19 say how the file is written; 24 to 27 and 92 to 99 count its changes. */
function withoutModeMark(bytes: Buffer): Buffer {
  const same = Buffer.from(bytes)
  for (const at of [18, 19, 24, 25, 26, 27, 92, 93, 94, 95, 96, 97, 98, 99]) same[at] = 0
  return same
}
