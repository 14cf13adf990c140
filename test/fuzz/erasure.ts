/**
 * @module `npm run fuzz -- erasure`: one subject erased among 100,000 records, then no byte of its evidence or salts in any
 * file of the home, and every other proof standing; then the same over PostgreSQL. FLYTRAP_ERASURE_RECORDS makes it
 * shorter or longer.
 */
import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type CampaignOptions, eraseOneAmong } from '../support/erasure-campaign.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'

const total = Number(process.env.FLYTRAP_ERASURE_RECORDS ?? 100_000)
const ofSubject = Math.max(10, Math.floor(total / 1_000))
const startedAt = performance.now()
const say = (what: string): void => console.log(`${Math.round((performance.now() - startedAt) / 1_000)} s  ${what}`)

async function run(it: TestChain, name: string, elsewhere?: CampaignOptions['elsewhere']): Promise<boolean> {
  const place = elsewhere === undefined ? {} : { elsewhere }
  const { before, after, ...result } = await eraseOneAmong(it, { total, ofSubject, say, ...place })
  const { othersProven, proofs, inLog, eraseMs, certificate } = result
  const found = { foundBefore: before.length, foundAfter: after.length, inLog }
  console.log(JSON.stringify({ name, total, ofSubject, ...found, othersProven, proofs, eraseMs: Math.round(eraseMs) }))
  const isWell = before.length > ofSubject && after.length === 0 && certificate.left === 0 && othersProven > 0
  if (!isWell) console.error(`FAILED: ${after.slice(0, 10).join(', ')}`)
  return isWell
}

async function runOverPostgres(it: TestChain, native: string): Promise<boolean> {
  const server = await startPostgres(native)
  const query = async (statement: string): Promise<{ oid: number }[]> => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query(statement)
    await client.end()
    return rows
  }
  const read = (files: readonly string[]): Buffer[] => files.map((file) => readFileSync(file))
  try {
    return await run(it, 'PostgreSQL', {
      url: server.url,
      async bytes() {
        await query('CHECKPOINT')
        const [database] = await query('SELECT oid FROM pg_database WHERE datname = current_database()')
        return read(server.tables(database?.oid ?? 0))
      },
      log: async () => read(server.log()),
    })
  } finally {
    await server.stop()
  }
}

const it = await startTestChain()
try {
  const native = findPostgres()
  const isWell = await run(it, 'SQLite')
  process.exitCode = isWell && (native === undefined || (await runOverPostgres(it, native))) ? 0 : 1
} finally {
  await it.stop()
}
