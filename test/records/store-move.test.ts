import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { accessOf, addTestRecorder, readHistory } from '../support/records.ts'

let it: TestChain
beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

test('an evidence store that cannot be reached delays no access and no batch; its evidence waits, and moves when it is there', async () => {
  const recorder = await addTestRecorder(it)
  const folder = join(recorder.dir, 'later')
  const evidencePath = join(folder, 'evidence.sqlite')
  const records = await recorder.open({ evidencePath })
  try {
    await records.journal.record(accessOf())
    const nextSeq = async () => (await it.read('recorders', [recorder.account.address]))[2]
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(3n)
    expect(records.journal.unavailable()).toBeUndefined()
    // The chain's clock may be behind ours for a round.
    const told = { trouble: null, warning: expect.stringMatching(/waits in the journal/) }
    await expect.poll(() => records.status(), { timeout: 45_000 }).toMatchObject(told)
    await expect(records.store.one(1, 1)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })

    mkdirSync(folder)
    await records.flush()
    expect(records.status().warning).toBeNull()
    const { evidence } = await readHistory(it, recorder, { evidencePath })
    expect(evidence.map(({ text }) => text?.includes('test'))).toEqual([true, true])
  } finally {
    await records.stop()
    rmSync(recorder.dir, { recursive: true })
  }
})

test('a crash after the store has a batch and before the journal knows it copies the batch again, to no effect', async () => {
  const recorder = await addTestRecorder(it)
  const first = await recorder.open({ confirmations: 1_000 }) // the journal keeps what it would forget once final
  await first.journal.record(accessOf())
  const nextSeq = async () => (await it.read('recorders', [recorder.account.address]))[2]
  await expect.poll(nextSeq, { timeout: 45_000 }).toBe(3n)
  await first.stop()

  const journal = new Database(recorder.options.journalPath)
  const { changes } = journal.prepare('UPDATE batches SET copied = 0 WHERE copied = 1').run()
  journal.close()
  expect(changes).toBeGreaterThan(0)

  const records = await recorder.open()
  await records.flush()
  await records.stop()
  const { evidence } = await readHistory(it, recorder)
  expect(evidence.map(({ seq }) => seq)).toEqual([1, 2, 3]) // each once: two, and the second start's POLICY
  rmSync(recorder.dir, { recursive: true })
})
