/**
 * @module `npm run conformance [-- --write]`: the suite behind every broker that is installed. With --write it puts what
 * it saw into docs/brokers.md, so that the table can say nothing that no run has seen.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Findings } from './conformance.suite.ts'
import { tableOf } from './table.ts'

const dir = mkdtempSync(join(tmpdir(), 'flytrap-conformance-'))
const page = resolve(import.meta.dirname, '../../docs/brokers.md')
const env = { ...process.env, FLYTRAP_CONFORMANCE: 'all', FLYTRAP_CONFORMANCE_DIR: dir }
const { status } = spawnSync('vitest', ['run', 'test/conformance'], { stdio: 'inherit', env, shell: true })
const findings = readdirSync(dir).map((file): Findings => JSON.parse(readFileSync(join(dir, file), 'utf8')))
rmSync(dir, { recursive: true })

if (process.argv.includes('--write')) {
  if (status !== 0) {
    console.error(`Not everything passed: ${page} stays as it was.`)
    process.exit(1)
  }
  const text = readFileSync(page, 'utf8')
  const [before = ''] = text.split('<!-- made by')
  writeFileSync(page, `${before}<!-- made by: npm run conformance -- --write -->\n\n${tableOf(findings)}`)
  console.log(`Wrote ${page}.`)
}
process.exit(status ?? 1)
