/** `flytrap check` where the evidence stands in a PostgreSQL that the recorders share. */
import { rmSync } from 'node:fs'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckOptions, type CheckSummary, checkRecords } from '../../records/check/check.ts'
import type { Finding } from '../../records/check/finding.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { accessOf, addTestRecorder, type TestRecorder } from '../support/records.ts'

const native = findPostgres()
const RECORDS = 5
const TIMEOUT_MS = 60_000

describe.skipIf(native === undefined)('a check of evidence in PostgreSQL', () => {
  let it: TestChain
  let postgres: TestPostgres
  const recorders: TestRecorder[] = []

  beforeAll(async () => {
    it = await startTestChain()
    postgres = await startPostgres(native ?? '')
    for (let i = 0; i < 2; i++) {
      const recorder = await addTestRecorder(it)
      recorders.push(recorder)
      const records = await recorder.open({ evidencePath: postgres.url })
      for (let n = 1; n < RECORDS; n++) await records.journal.record(accessOf())
      await records.flush()
      await records.stop()
    }
  }, TIMEOUT_MS)
  afterAll(async () => {
    await postgres?.stop()
    await it?.stop()
    for (const { dir } of recorders) rmSync(dir, { recursive: true })
  })

  const query = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }

  async function check(more: Partial<CheckOptions> = {}): Promise<{ findings: Finding[]; summary: CheckSummary }> {
    const findings: Finding[] = []
    const walk = checkRecords({
      rpc: it.chain.rpc,
      deployment: { chainId: it.chain.chainId, contract: it.contract.address },
      deployBlock: 0,
      journals: recorders.map(({ options }) => options.journalPath),
      evidence: postgres.url,
      maxUnanchoredMs: 86_400_000,
      now: Math.floor(Date.now() / 1_000),
      ...more,
    })
    for (;;) {
      const { value, done } = await walk.next()
      if (done === true) return { findings, summary: value }
      findings.push(value)
    }
  }

  test('finds all of several recorders whole, and nothing wrong', { timeout: TIMEOUT_MS }, async () => {
    const { findings, summary } = await check()
    expect(findings).toEqual([])
    expect(summary).toMatchObject({ recorders: 2, records: 2 * RECORDS, waiting: 0, erased: 0 })
  })

  test('says first that it is another contract’s, and judges none of it', { timeout: TIMEOUT_MS }, async () => {
    await query("UPDATE store_meta SET value = '1/' || value WHERE key = 'owner'")
    const { findings } = await check()
    expect(findings).toMatchObject([{ code: 'FOREIGN_STORE', remedy: expect.stringContaining('FLYTRAP_EVIDENCE_URL') }])
    await query('ALTER TABLE store_meta RENAME TO away')
    expect((await check()).findings, 'a version that named none').toEqual([])
    await query('ALTER TABLE away RENAME TO store_meta')
    await query("UPDATE store_meta SET value = substr(value, 3) WHERE key = 'owner'")
    expect((await check()).findings).toEqual([])
  })

  test('finds what is changed, gone, or of nobody, where it is', { timeout: TIMEOUT_MS }, async () => {
    await query("UPDATE evidence SET text = replace(text, 'test', 'nobody') WHERE recorder_id = 1 AND seq = 2")
    await query('DELETE FROM evidence WHERE recorder_id = 2 AND seq = 4')
    const { findings } = await check()
    expect(findings.map(({ code, recorderId, seq }) => ({ code, recorderId, seq }))).toEqual([
      { code: 'LEAF_DIFFERS', recorderId: 1, seq: 2 },
      { code: 'EVIDENCE_MISSING', recorderId: 2, seq: 4 },
    ])
  })

  test('that cannot be reached is told as that, not as evidence that is missing', async () => {
    const nowhere = check({ evidence: 'postgres://flytrap:hidden@127.0.0.1:9/none' })
    await expect(nowhere).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await expect(nowhere).rejects.not.toThrow(/hidden/)
  })
})
