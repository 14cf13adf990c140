/** What people see of long work, on a real terminal, and that programs see nothing of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { newerFirst } from '../../cli/up/newer-first.ts'
import { JOURNAL_SCHEMA, openDatabase } from '../../records/journal/database.ts'
import { hasTerminal, runInTerminal } from '../support/terminal.ts'

const terminal = (file: string): string => new URL(`../../cli/terminal/${file}`, import.meta.url).href

/** Works for a second, tells of something meanwhile, and writes what a terminal showed of the work. */
const script = (json: boolean): string => `
  const { createOutput } = await import(${JSON.stringify(terminal('output.ts'))})
  const { withProgress } = await import(${JSON.stringify(terminal('progress.ts'))})
  const output = createOutput({ json: ${json} })
  let moves = 0
  const write = process.stderr.write.bind(process.stderr)
  process.stderr.write = (text) => { if (text.includes('reading')) moves++; return write(text) }
  const seen = () => new Promise((done) => setTimeout(done, 400))
  await withProgress(output, () => 'reading', seen().then(() => output.line('found one')).then(seen))
  console.log(moves > 0 ? 'it moved' : 'nothing moved')`

test.skipIf(!hasTerminal())(
  'long work shows on a terminal, beside what is told meanwhile, and leaves nothing behind',
  async () => {
    const { text } = await runInTerminal([process.execPath, '--input-type=module', '-e', script(false)])
    expect(text.trim().split('\n')).toEqual(['found one', 'it moved'])
  },
)

test.skipIf(!hasTerminal())('with --json nothing moves', async () => {
  const { text } = await runInTerminal([process.execPath, '--input-type=module', '-e', script(true)])
  expect(text.trim()).toBe('nothing moved')
})

test('a start says how much of an older version it brings to a newer one first', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-progress-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'journal.sqlite')
  const words = () => newerFirst([[path, JOURNAL_SCHEMA]])
  expect(words()).toBe('')
  openDatabase({ path, schema: JOURNAL_SCHEMA }).sqlite.close()
  expect(words()).toBe('')
  const older = new Database(path)
  older.pragma(`user_version = ${JOURNAL_SCHEMA.version - 1}`)
  older.close()
  expect(words()).toBe(', whose 1 MiB are brought to a newer version first')
})
