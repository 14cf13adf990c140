import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, test as base, beforeAll, describe, expect } from 'vitest'
import { type Address, fromHex, toHex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action } from '../../domain/enums.ts'
import { leafHash } from '../../domain/evidence.ts'
import { inclusionProof, merkleRoot, verifyInclusion } from '../../domain/merkle-tree.ts'
import { statusOf } from '../../records/erasure/order.ts'
import type { Records } from '../../records/port.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { eraseOneAmong } from '../support/erasure-campaign.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

const ALICE: Address = `0x${'a1'.repeat(20)}`
const BOB: Address = `0x${'b0'.repeat(20)}`
const NOW = { minimumRetentionMs: 0 }

let it: TestChain

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

interface Given {
  recorder: TestRecorder
  /** Opens the recorder, or another one; what the test leaves open is ended after it. */
  open(more?: Parameters<TestRecorder['open']>[0], whose?: TestRecorder): Promise<Records>
  end(records: Records): Promise<void>
}

/** A recorder of its own for each test: most of the time is waiting for seconds to end, so they wait together. */
const test = base.extend<{ given: Given }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of what a fixture needs
  given: async ({}, use) => {
    const recorder = await addTestRecorder(it)
    const opened = new Set<Records>()
    await use({
      recorder,
      async open(more = NOW, whose = recorder) {
        const records = await whose.open(more)
        opened.add(records)
        return records
      },
      async end(records) {
        opened.delete(records)
        await records.stop()
      },
    })
    for (const records of opened) await records.stop()
  },
})

const of = (account: Address, clientId: string) =>
  accessOf({ action: Action.CONNECT, account, evidence: { clientId, address: '198.51.100.7' } })

/** Every byte of every file of the recorder's folder. */
const bytesOf = (dir: string): Buffer => Buffer.concat(readdirSync(dir).map((file) => readFileSync(join(dir, file))))

describe('an erasure by subject (GDPR Art. 17)', () => {
  let mine: TestRecorder
  let records: Records
  beforeAll(async () => {
    mine = await addTestRecorder(it)
    records = await mine.open(NOW)
  })
  afterAll(() => records.stop())

  test('is recorded before it happens, and the record tells nobody whom it was about', async () => {
    await records.journal.record(of(ALICE, 'alice-phone'))
    const { erasure } = await records.erase({ ground: 'subject', account: ALICE })
    await records.flush()
    const history = await readHistory(it, mine, { mayBeErased: true })
    const erase = history.records.find(({ action }) => action === Action.ERASE)
    expect(erase).toMatchObject({ seq: BigInt(erasure.recorded.seq), account: ZERO_ADDRESS, topicId: ZERO_BYTES32 })
    const text = history.evidence[erasure.recorded.seq - 1]?.text ?? ''
    expect(JSON.parse(text)).toMatchObject({ request: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
    expect(text).not.toContain(ALICE.slice(2))
  })

  test('reaches evidence that is stored, in a batch on its way, and in an open window alike', async () => {
    await records.journal.record(of(ALICE, 'alice-stored'))
    await records.flush()
    await records.journal.record(of(ALICE, 'alice-waiting'))
    const use = { name: 'home/alice-window', bytes: 1, qos: 0 } as const
    await records.journal.window(accessOf({ account: ALICE }), use).durable
    await records.journal.record(of(BOB, 'bob-phone'))
    const certificate = await records.erase({ ground: 'subject', account: ALICE })
    expect(certificate).toMatchObject({ left: 0, acknowledged: [{ recorderId: expect.any(Number) }] })
    expect(statusOf(certificate, [certificate.erasure.recorded.recorderId])).toBe('COMPLETE')
    await records.flush()
    const bytes = bytesOf(mine.dir)
    for (const trace of ['alice-stored', 'alice-waiting', 'alice-window']) expect(bytes.includes(trace)).toBe(false)
    expect(bytes.includes('bob-phone')).toBe(true)
  })

  test('leaves every other proof standing: heads fold, roots match, leaves of others prove their evidence', async () => {
    for (let i = 0; i < 20; i++) await records.journal.record(of(i % 2 === 0 ? ALICE : BOB, `phone-${i}`))
    await records.erase({ ground: 'subject', account: ALICE })
    await records.flush()
    const { evidence, batches } = await readHistory(it, mine, { mayBeErased: true })
    const erased = evidence.filter(({ text }) => text === undefined)
    expect(erased.length).toBeGreaterThanOrEqual(10)
    const roots = new Map(batches.filter(({ count }) => count > 0).map((b) => [Number(b.firstSeq), b.evidenceRoot]))
    const { chainId } = it.chain
    for (const { recorderId, seq, text, salt, batchFirstSeq } of evidence) {
      if (text === undefined || salt === undefined) continue
      const leaf = leafHash(
        { contract: it.contract.address, chainId, recorderId, seq: BigInt(seq) },
        fromHex(salt),
        text,
      )
      const leaves = evidence.filter((row) => row.batchFirstSeq === batchFirstSeq).map((row) => fromHex(row.leaf))
      const root = merkleRoot(leaves)
      expect(toHex(root)).toBe(roots.get(batchFirstSeq))
      const index = seq - batchFirstSeq
      expect(verifyInclusion({ leaf, index, size: leaves.length, path: inclusionProof(leaves, index), root })).toBe(
        true,
      )
    }
  })

  test('leaves alone what the subject does later', async () => {
    await records.journal.record(of(ALICE, 'before'))
    await records.erase({ ground: 'subject', account: ALICE })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await records.journal.record(of(ALICE, 'afterwards'))
    await records.flush()
    const { evidence } = await readHistory(it, mine, { mayBeErased: true })
    expect(evidence.flatMap(({ text = '' }) => (text.includes('afterwards') ? 1 : []))).toHaveLength(1)
    expect(evidence.some(({ text = '' }) => text.includes('before'))).toBe(false)
  })
})

describe('an erasure that cannot be whole at once', () => {
  test('waits for the minimum retention, says that evidence is left, and names the reports that carry it away meanwhile', async ({
    given: { recorder, open, end },
  }) => {
    const records = await open({ minimumRetentionMs: 60_000 })
    const { seq } = await records.journal.record(of(ALICE, 'alice-young'))
    await records.flush()
    const certificate = await records.erase({ ground: 'subject', account: ALICE })
    expect(certificate.left).toBe(1)
    expect(statusOf(certificate, [])).toBe('PENDING')
    const { recorderId } = certificate.erasure.recorded
    expect(await records.store.noteReport('0xfeed', [{ recorderId, seq }])).toBe(true)
    await end(records)
    const later = await open(NOW)
    expect((await later.certificates())[0]).toMatchObject({ left: 0, reports: ['0xfeed'] })
    expect(bytesOf(recorder.dir).includes('alice-young')).toBe(false)
  })

  test('is stayed by a legal hold until that is lifted (Art. 17(3)(e))', async ({ given: { recorder, open, end } }) => {
    const records = await open()
    const hold = { id: 'case-7', account: ALICE, reason: 'a claim is being heard', since: 1 }
    await records.store.putHold(hold)
    await records.journal.record(of(ALICE, 'alice-held'))
    const certificate = await records.erase({ ground: 'subject', account: ALICE })
    expect(statusOf(certificate, [certificate.erasure.recorded.recorderId])).toBe('PENDING')
    await records.flush()
    await records.store.putHold({ ...hold, liftedAt: 2 })
    await end(records)
    await open()
    expect(bytesOf(recorder.dir).includes('alice-held')).toBe(false)
  })
})

describe('a store that was restored from a backup', () => {
  test('is told again what to forget before anything is served', async ({ given: { recorder, open, end } }) => {
    const records = await open()
    await records.journal.record(of(ALICE, 'alice-backup'))
    await records.flush()
    await end(records)
    const backup = mkdtempSync(join(tmpdir(), 'flytrap-backup-'))
    cpSync(recorder.options.evidencePath, join(backup, 'evidence.sqlite'))
    const again = await open()
    await again.erase({ ground: 'subject', account: ALICE })
    await end(again)
    cpSync(join(backup, 'evidence.sqlite'), recorder.options.evidencePath)
    expect(bytesOf(recorder.dir).includes('alice-backup')).toBe(true)
    await open()
    expect(bytesOf(recorder.dir).includes('alice-backup')).toBe(false)
  })
})

describe('retention', () => {
  test('erases unasked what is older, and records that it did (Art. 5(1)(e))', async ({
    given: { recorder, open, end },
  }) => {
    const records = await open()
    await records.journal.record(of(BOB, 'bob-old'))
    await records.flush()
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    await end(records)
    const later = await open({ ...NOW, retentionMs: 1_000 })
    expect(await later.certificates()).toMatchObject([{ erasure: { ground: 'retention' }, left: 0 }])
    await later.flush()
    const { records: onChain } = await readHistory(it, recorder, { mayBeErased: true })
    expect(onChain.some(({ action }) => action === Action.ERASE)).toBe(true)
    expect(bytesOf(recorder.dir).includes('bob-old')).toBe(false)
  })
})

describe('requests for reports that are older than the retention', () => {
  test('go by themselves, though no evidence is that old', async ({ given: { recorder, open, end } }) => {
    const records = await open()
    const about = { makerId: 1, requester: ALICE, requestedAt: Date.now() - 7_200_000, status: 'FAILED' } as const
    const id = 'd'.repeat(32)
    await records.store.putReport({ ...about, id, details: '{"question":"asked-long-ago"}' })
    await end(records)
    const later = await open({ ...NOW, retentionMs: 3_600_000 })
    expect(await later.store.report(id)).toBeUndefined()
    expect(await later.certificates()).toEqual([])
    expect(bytesOf(recorder.dir).includes('asked-long-ago')).toBe(false)
  })
})

describe('two recorders with one store', () => {
  test('both forget, and the certificate is pending until both have said so', async ({ given: { recorder, open } }) => {
    const shared = recorder.options.evidencePath
    const other = await addTestRecorder(it)
    const first = await open()
    const second = await open({ ...NOW, evidencePath: shared, anchorEveryMs: 60_000 }, other)
    await second.flush() // its first round is over
    await second.journal.record(of(ALICE, 'alice-elsewhere'))
    const certificate = await first.erase({ ground: 'subject', account: ALICE })
    const ids = [first.status().recorderId, second.status().recorderId]
    expect(statusOf(certificate, ids)).toBe('PENDING')
    await second.flush()
    const [now] = await first.certificates()
    expect(now === undefined ? '' : statusOf(now, ids)).toBe('COMPLETE')
    expect(Buffer.concat([bytesOf(recorder.dir), bytesOf(other.dir)]).includes('alice-elsewhere')).toBe(false)
  })
})

describe('an access that is still going on at another recorder', () => {
  test('is erased as it ends, and no certificate is complete before', async ({ given: { recorder, open } }) => {
    const other = await addTestRecorder(it)
    const first = await open()
    const evidencePath = recorder.options.evidencePath
    const second = await open({ ...NOW, evidencePath, anchorEveryMs: 60_000 }, other)
    await second.flush() // its first round is over: it hears of the order only later
    const clientId = 'alice-still-here'
    const use = { name: '', bytes: 0, qos: 0 } as const
    await second.journal.window(of(ALICE, clientId), use).durable
    const ids = [first.status().recorderId, second.status().recorderId]
    const certificate = await first.erase({ ground: 'subject', account: ALICE })
    expect(statusOf(certificate, ids)).toBe('PENDING')
    // Longer than the order's own second: what it is told of ends later than it.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    second.journal.window(of(ALICE, clientId), use)
    await second.obey()
    await second.flush()
    const [now] = await first.certificates()
    expect(now === undefined ? '' : statusOf(now, ids)).toBe('COMPLETE')
    expect(Buffer.concat([bytesOf(recorder.dir), bytesOf(other.dir)]).includes(clientId)).toBe(false)
  })
})

describe('one subject among many records', () => {
  test('leaves no byte of its evidence or salts in any file, and every other proof stands (100,000: npm run fuzz -- erasure)', async () => {
    const result = await eraseOneAmong(it, { total: 1_000, ofSubject: 10 })
    expect(result.before.length).toBeGreaterThan(10)
    expect(result.after).toEqual([])
    expect(result.certificate).toMatchObject({ left: 0, reports: [] })
    expect(result.othersProven).toBe(990)
    expect(result.proofs).toBeGreaterThanOrEqual(4)
  })
})
