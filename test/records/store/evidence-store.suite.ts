/** @module What the evidence store promises, whichever database stands behind it. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Address, type Bytes32, toHex } from '../../../domain/bytes.ts'
import { openEvidenceScan } from '../../../records/check/read-evidence.ts'
import { openEvidenceStore } from '../../../records/store/open-store.ts'
import type { Erasure, EvidenceStore, KeptReport, StoredEvidence, StoredReport } from '../../../records/store/port.ts'

export interface StoreUnderTest {
  /** An empty store. */
  open(): Promise<EvidenceStore>
  /** Opens what the last `open` made, again. */
  reopen(): Promise<EvidenceStore>
  /** Where that is: a path or a URL. */
  where(): string
  /** Every byte that the store keeps on disk. */
  bytes(): Promise<Buffer>
  stop(): Promise<void>
}

const ALICE: Address = `0x${'a1'.repeat(20)}`
const BOB: Address = `0x${'b0'.repeat(20)}`
const CAROL: Address = `0x${'ca'.repeat(20)}`
const HOME: Bytes32 = `0x${'11'.repeat(32)}`
const LAB: Bytes32 = `0x${'22'.repeat(32)}`

/** One batch of `count` records from `firstSeq` on. */
export function batchOf({
  account = ALICE,
  topicId = HOME,
  firstSeq = 1,
  count = 3,
  lastAt = 1_000,
  firstAt = lastAt,
}: Partial<BatchOrder> = {}): StoredEvidence[] {
  const device = randomBytes(6).toString('hex')
  return Array.from({ length: count }, (_, i) => ({
    recorderId: 1,
    seq: firstSeq + i,
    text: `{"address":"198.51.100.${(firstSeq + i) % 256}","clientId":"${device}-${firstSeq + i}"}`,
    salt: toHex(randomBytes(64)),
    leaf: toHex(randomBytes(32)),
    batchFirstSeq: firstSeq,
    batchCount: count,
    subject: { account, topicId, firstAt, lastAt },
  }))
}

interface BatchOrder {
  account: Address
  topicId: Bytes32
  firstSeq: number
  count: number
  firstAt: number
  lastAt: number
}

const withoutSubject = (rows: StoredEvidence[]): StoredEvidence[] => rows.map(({ subject: _s, ...row }) => row)

const erasureOf = (more: Partial<Erasure> = {}): Erasure => ({
  id: toHex(randomBytes(16)),
  ground: 'subject',
  account: ALICE,
  before: 2_000,
  requestedAt: 2_000,
  recorded: { recorderId: 1, seq: 9 },
  ...more,
})

const reportOf = (more: Partial<StoredReport> = {}): StoredReport => ({
  id: randomBytes(16).toString('hex'),
  makerId: 7,
  requester: ALICE,
  requestedAt: 1_000,
  status: 'QUEUED',
  details: '{}',
  ...more,
})

export function describeEvidenceStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`the evidence store on ${name}`, () => {
    let it: StoreUnderTest
    let store: EvidenceStore
    beforeAll(async () => {
      it = await start()
    })
    afterAll(() => it.stop())
    beforeEach(async () => {
      store = await it.open()
      return () => store.close()
    })

    test('gives back a batch in sequence order, and nothing for one that it never saw', async () => {
      const rows = batchOf()
      await store.put([...rows].reverse())
      expect(await store.batch(1, 1)).toEqual(withoutSubject(rows))
      expect(await store.one(1, 2)).toEqual(withoutSubject(rows)[1])
      expect(await store.batch(1, 4)).toBeUndefined()
      expect(await store.one(2, 1)).toBeUndefined()
    })

    test('takes the same batch again without a change, as after a crash between the two copies', async () => {
      const rows = batchOf()
      await store.put(rows)
      await store.put(rows.map((row) => ({ ...row, text: '{"another":1}' })))
      expect(await store.batch(1, 1)).toEqual(withoutSubject(rows))
    })

    test('gives back each text as it was hashed, whatever stands in it', async () => {
      const texts = ['{"a":"\\"\\\\{NULL},\\n"}', 'NULL', '', " '$1', ", '{"a":"\u{1f980} \u00e9\u2028"}']
      const rows = batchOf({ count: texts.length }).map((row, i) => ({ ...row, text: texts[i] ?? '' }))
      await store.put(rows)
      await store.put([])
      expect(await store.batch(1, 1)).toEqual(withoutSubject(rows))
    })

    test('takes 1,500 records in one batch', async () => {
      await store.put(batchOf({ count: 1_500 }))
      expect(await store.batch(1, 1)).toHaveLength(1_500)
    })

    test('shows its rows and orders to a check, which writes nothing', async () => {
      await store.put(batchOf())
      await store.putErasure(erasureOf({ account: BOB }))
      const scan = await openEvidenceScan(it.where())
      onTestFinished(() => scan.close())
      expect(await scan.recorders()).toEqual([1])
      expect((await scan.rows(1, { fromSeq: 2, toSeq: 3, limit: 9 })).map(({ seq }) => seq)).toEqual([2])
      expect((await scan.rows(1, { fromSeq: 2, limit: 9 })).map(({ seq }) => seq)).toEqual([2, 3])
      expect(await scan.orders()).toMatchObject([{ account: BOB }])
    })

    test('keeps all of it over a restart', async () => {
      const rows = batchOf()
      await store.put(rows)
      await store.putErasure(erasureOf({ account: BOB }))
      store.close()
      store = await it.reopen()
      expect(await store.batch(1, 1)).toEqual(withoutSubject(rows))
      expect(await store.erasures()).toMatchObject([{ account: BOB }])
    })

    test('belongs to the contract that came first: another one’s sequences would be taken for its own', async () => {
      const contract = `0x${'11'.repeat(20)}` as const
      const first = await openEvidenceStore(it.where(), { chainId: 1n, contract })
      first.close()
      const other = openEvidenceStore(it.where(), { chainId: 2n, contract })
      await expect(other).rejects.toMatchObject({ code: 'STORE_FOREIGN' })
      const again = await openEvidenceStore(it.where(), { chainId: 1n, contract })
      again.close()
    })

    test('forgets one account and leaves every other, the leaves too (GDPR Art. 17)', async () => {
      await store.put([...batchOf(), ...batchOf({ account: BOB, firstSeq: 4 })])
      expect(await store.countOpen({ account: ALICE, before: 2_000 })).toBe(3)
      expect(await store.erase({ account: ALICE, before: 2_000 })).toBe(3)
      const erased = await store.batch(1, 1)
      expect(erased?.map(({ text, salt }) => text ?? salt)).toEqual([undefined, undefined, undefined])
      expect(erased?.every(({ leaf }) => leaf.length === 66)).toBe(true)
      expect((await store.batch(1, 4))?.every(({ text, salt }) => text !== undefined && salt !== undefined)).toBe(true)
      expect(await store.countOpen({ account: ALICE, before: 2_000 })).toBe(0)
    })

    test('forgets by topic and by age, and what came later stays', async () => {
      await store.put([
        ...batchOf({ topicId: LAB }),
        ...batchOf({ firstSeq: 4 }),
        ...batchOf({ firstSeq: 7, lastAt: 5_000 }),
      ])
      expect(await store.erase({ topicIds: [LAB], before: 9_000 })).toBe(3)
      expect(await store.erase({ before: 4_999 })).toBe(3)
      expect(await store.countOpen({ before: 9_000 })).toBe(3)
    })

    test('forgets what was still going on then, unless only what had ended is asked for', async () => {
      await store.put([...batchOf(), ...batchOf({ firstSeq: 4, firstAt: 900, lastAt: 5_000 })])
      expect(await store.erase({ account: ALICE, before: 1_000, endedBy: 4_999 })).toBe(3)
      expect(await store.countOpen({ account: ALICE, before: 1_000 })).toBe(3)
      expect(await store.erase({ account: ALICE, before: 899 })).toBe(0)
      expect(await store.erase({ account: ALICE, before: 900 })).toBe(3)
    })

    test('does not bring back what was erased when its batch is copied again', async () => {
      const rows = batchOf()
      await store.put(rows)
      await store.erase({ account: ALICE, before: 2_000 })
      await store.put(rows)
      expect(await store.countOpen({ account: ALICE, before: 2_000 })).toBe(0)
    })

    test('erases nothing that is under a legal hold, until it is lifted (Art. 17(3)(e))', async () => {
      await store.put([...batchOf(), ...batchOf({ topicId: LAB, firstSeq: 4 })])
      const hold = { id: 'case-1', account: ALICE, topicId: LAB, reason: 'a claim is being heard', since: 1 }
      await store.putHold(hold)
      expect(await store.holds()).toEqual([hold])
      expect(await store.erase({ account: ALICE, before: 2_000 })).toBe(3)
      expect(await store.countOpen({ account: ALICE, before: 2_000 })).toBe(3)
      expect(await store.countErasable({ account: ALICE, before: 2_000 })).toBe(0)
      await store.putHold({ ...hold, liftedAt: 3 })
      expect(await store.countErasable({ account: ALICE, before: 2_000 })).toBe(3)
      expect(await store.erase({ account: ALICE, before: 2_000 })).toBe(3)
    })

    test('names the reports that carry what is in scope, and issues none with what was erased before', async () => {
      await store.put([...batchOf(), ...batchOf({ account: BOB, firstSeq: 4 })])
      await store.noteReport('0xfeed', [
        { recorderId: 1, seq: 2 },
        { recorderId: 1, seq: 4 },
      ])
      expect(await store.noteReport('0xbeef', [{ recorderId: 1, seq: 5 }])).toBe(true)
      expect(await store.reportsWith({ account: ALICE, before: 2_000 })).toEqual(['0xfeed'])
      expect(await store.reportsWith({ account: BOB, before: 2_000 })).toEqual(['0xbeef', '0xfeed'])
      await store.erase({ account: ALICE, before: 2_000 })
      const late = [3, 6].map((seq) => ({ recorderId: 1, seq }))
      expect(await store.noteReport('0xlate', late)).toBe(false)
      expect(await store.reportsWith({ account: BOB, before: 2_000 })).toEqual(['0xbeef', '0xfeed'])
    })

    test('keeps a report that was asked for, its state and its file, over a restart', async () => {
      const asked = reportOf({ requestedAt: 1 })
      expect(await store.putReport(asked)).toBe(true)
      expect(await store.unfinishedReports(7)).toEqual([asked])
      expect(await store.unfinishedReports(8)).toEqual([])
      expect(await store.putReport({ ...asked, status: 'RUNNING' })).toBe(true)
      const report: StoredReport = { ...asked, status: 'DONE', details: '{"rows":2}' }
      expect(await store.keepReport({ report, reportHash: '0xfeed', file: Buffer.from('%PDF'), records: [] })).toBe(
        true,
      )
      store.close()
      store = await it.reopen()
      // Whoever gives it up just then learns that it is done.
      for (const status of ['FAILED', 'QUEUED'] as const)
        expect(await store.putReport({ ...asked, status })).toBe(false)
      expect(await store.report(report.id)).toEqual(report)
      expect(Buffer.from((await store.reportFile(report.id)) ?? []).toString()).toBe('%PDF')
      expect(await store.unfinishedReports(7)).toEqual([])
      expect(await store.doneReports(8)).toEqual([])
      expect([await store.report('none'), await store.reportFile('none')]).toEqual([undefined, undefined])
    })

    test('lists an account’s reports, the newest first, page by page', async () => {
      const mine = [5, 5, 3].map((requestedAt, i) => reportOf({ requestedAt, id: `${9 - i}`.repeat(32) }))
      for (const report of [...mine, reportOf({ requester: BOB })]) await store.putReport(report)
      const page = await store.reportsOf(ALICE, { first: 2 })
      expect(page).toEqual(mine.slice(0, 2))
      expect(await store.reportsOf(ALICE, { first: 2, before: page[1] })).toEqual(mine.slice(2))
    })

    test('keeps so many finished reports of one and of all, those with evidence longest, and all under way', async () => {
      const room = { ofOne: 99, ofAll: 99, bytes: 1e9 }
      const asked = async () => (await store.reportsOf(ALICE, { first: 99 })).map(({ requestedAt }) => requestedAt)
      await store.put(batchOf())
      const make = async (requestedAt: number, seqs: number[]) => {
        const report = reportOf({ requestedAt, status: 'DONE' })
        const records = seqs.map((seq) => ({ recorderId: 1, seq }))
        await store.keepReport({ report, reportHash: `0x${requestedAt}`, file: Buffer.alloc(1_000), records })
        return report
      }
      for (const [requestedAt, seqs] of [
        [1, []],
        [2, [1]],
        [3, []],
        [4, []],
      ] as const)
        await make(requestedAt, [...seqs])
      await store.putReport(reportOf({ requestedAt: 0 }))
      await store.putReport(reportOf({ requester: BOB, requestedAt: 9, status: 'FAILED' }))
      const newest = await make(5, [])
      await store.pruneReports(newest, { ...room, ofOne: 4 })
      expect(await asked()).toEqual([5, 4, 3, 2, 0])
      await store.pruneReports(newest, { ...room, bytes: 2_000 })
      expect(await asked()).toEqual([5, 2, 0])
      await store.pruneReports(newest, { ...room, bytes: 1 })
      expect(await asked()).toEqual([5, 0])
      await store.pruneReports(newest, { ...room, ofAll: 1 })
      expect([await asked(), await store.reportsOf(BOB, { first: 9 })]).toEqual([[5, 0], []])
    })

    test('erases a report’s file with the evidence that it carries, and notes none of what was erased before', async () => {
      await store.put([...batchOf(), ...batchOf({ account: BOB, firstSeq: 4 })])
      const kept = (seq: number, more: object = {}): KeptReport => ({
        report: reportOf({ requester: CAROL, status: 'DONE' }),
        reportHash: `0x${seq}`,
        file: Buffer.from(`%PDF ${seq}`),
        records: [{ recorderId: 1, seq }],
        ...more,
      })
      const [ofAlice, ofBob] = [kept(1), kept(4)]
      expect([await store.keepReport(ofAlice), await store.keepReport(ofBob)]).toEqual([true, true])
      await store.erase({ account: ALICE, before: 2_000 })
      expect(await store.report(ofAlice.report.id)).toEqual({ ...ofAlice.report, status: 'ERASED' })
      expect(await store.reportFile(ofAlice.report.id)).toBeUndefined()
      expect(await store.reportFile(ofBob.report.id)).toBeDefined()
      const late = kept(2, { records: [5, 2].map((seq) => ({ recorderId: 1, seq })) })
      expect(await store.keepReport(late)).toBe(false)
      expect(await store.report(late.report.id)).toBeUndefined()
      expect(await store.reportsWith({ account: BOB, before: 2_000 })).toEqual(['0x4'])
    })

    test('forgets what an account asked for with the account, unless a hold is on it', async () => {
      for (const requester of [ALICE, BOB]) await store.putReport(reportOf({ requester, status: 'DONE' }))
      const count = async (of: Address) => (await store.reportsOf(of, { first: 9 })).length
      await store.putHold({ id: 'case-2', account: ALICE, reason: 'a claim', since: 1 })
      await store.erase({ account: ALICE, before: 2_000 })
      expect(await count(ALICE)).toBe(1)
      await store.putHold({ id: 'case-2', account: ALICE, reason: 'a claim', since: 1, liftedAt: 2 })
      await store.erase({ account: ALICE, topicIds: [HOME], before: 2_000 })
      await store.erase({ account: ALICE, before: 2_000, endedBy: 0 }) // younger than the minimum retention
      expect(await count(ALICE)).toBe(1)
      await store.erase({ account: ALICE, before: 2_000 })
      expect([await count(ALICE), await count(BOB)]).toEqual([0, 1])
    })

    test('forgets old requests by their age, but no account’s that is under a hold', async () => {
      for (const requester of [ALICE, BOB]) await store.putReport(reportOf({ requester, status: 'FAILED' }))
      await store.putReport(reportOf({ requester: CAROL }))
      await store.putReport(reportOf({ requester: BOB, status: 'DONE', requestedAt: 9_000_000 }))
      await store.putHold({ id: 'case-3', account: ALICE, topicId: HOME, reason: 'a claim', since: 1 })
      expect([await store.forgetRequests(2_000), await store.forgetRequests(2_000)]).toEqual([1, 0])
      const left = await Promise.all([ALICE, BOB].map((of) => store.reportsOf(of, { first: 9 })))
      expect(left.map((reports) => reports.map(({ requestedAt }) => requestedAt))).toEqual([[1_000], [9_000_000]])
      expect(await store.reportsOf(CAROL, { first: 9 })).toHaveLength(1) // it is under way
      await store.erase({ before: 10_000 }) // as this does with the evidence
      expect(await store.reportsOf(BOB, { first: 9 })).toEqual([])
    })

    test('keeps purposes until they are erased, and the commitment for ever', async () => {
      const purpose = { key: HOME, lang: 'en', text: 'to heat the room', salt: toHex(randomBytes(32)) }
      await store.putPurpose(purpose)
      expect(await store.purpose(HOME)).toEqual(purpose)
      expect(await store.purpose(LAB)).toBeUndefined()
      await store.erasePurposes([HOME])
      expect(await store.purpose(HOME)).toEqual({ key: HOME })
    })

    test('remembers who acknowledged an erasure, once each', async () => {
      const erasure = erasureOf({ reports: ['0xfeed'], purposes: [HOME] })
      await store.putErasure(erasure)
      await store.putErasure(erasure)
      expect(await store.erasures()).toEqual([erasure])
      await store.acknowledge(erasure.id, 1, 2_001)
      await store.acknowledge(erasure.id, 1, 2_002)
      expect(await store.acknowledged(erasure.id)).toEqual([{ recorderId: 1, at: 2_001 }])
    })

    test('leaves no byte of what was erased in any of its files', async () => {
      const rows = batchOf({ count: 200 })
      const others = batchOf({ account: BOB, firstSeq: 500, count: 200 })
      const purpose = { key: HOME, lang: 'en', text: 'for Alice’s own good', salt: toHex(randomBytes(32)) }
      await store.put([...rows, ...others])
      await store.putPurpose(purpose)
      const file = randomBytes(50_000)
      const records = [{ recorderId: 1, seq: 1 }]
      await store.keepReport({ report: reportOf({ status: 'DONE' }), reportHash: '0xfeed', file, records })
      await store.scrub()
      const before = await it.bytes()
      // Those that lie in one page: the file is longer than one.
      const parts = Array.from({ length: 100 }, (_, i) => file.subarray(i * 500, i * 500 + 40)).filter((part) =>
        before.includes(part),
      )
      expect(parts.length).toBeGreaterThan(50)
      const mine = [...[...rows, purpose].flatMap(({ text, salt }) => [text, saltText(salt)]), ...parts]
      expect(mine.every((bytes) => before.includes(bytes ?? ''))).toBe(true)
      await store.erase({ account: ALICE, before: 2_000 })
      await store.erasePurposes([HOME])
      await store.scrub()
      const left = await it.bytes()
      const traces = mine.filter((bytes) => left.includes(bytes ?? ''))
      expect(traces).toEqual([])
      expect(others.every(({ text }) => left.includes(text ?? ''))).toBe(true)
    })
  })
}

/** A salt as it stands in a file. */
const saltText = (salt: string | undefined): Buffer => Buffer.from((salt ?? '0x').slice(2), 'hex')
