/** @module What the evidence store promises, whichever database stands behind it. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Address, type Bytes32, toHex } from '../../../domain/bytes.ts'
import type { StoredEvidence } from '../../../records/port.ts'
import type { Erasure, EvidenceStore } from '../../../records/store/port.ts'

export interface StoreUnderTest {
  /** An empty store. */
  open(): Promise<EvidenceStore>
  /** Opens what the last `open` made, again. */
  reopen(): Promise<EvidenceStore>
  /** Every byte that the store keeps on disk. */
  bytes(): Promise<Buffer>
  stop(): Promise<void>
}

const ALICE: Address = `0x${'a1'.repeat(20)}`
const BOB: Address = `0x${'b0'.repeat(20)}`
const HOME: Bytes32 = `0x${'11'.repeat(32)}`
const LAB: Bytes32 = `0x${'22'.repeat(32)}`

/** One batch of `count` records from `firstSeq` on. */
export function batchOf({
  account = ALICE,
  topicId = HOME,
  firstSeq = 1,
  count = 3,
  lastAt = 1_000,
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
    subject: { account, topicId, lastAt },
  }))
}

interface BatchOrder {
  account: Address
  topicId: Bytes32
  firstSeq: number
  count: number
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

    test('takes 1,500 records in one batch', async () => {
      await store.put(batchOf({ count: 1_500 }))
      expect(await store.batch(1, 1)).toHaveLength(1_500)
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
      await store.putHold({ ...hold, liftedAt: 3 })
      expect(await store.erase({ account: ALICE, before: 2_000 })).toBe(3)
    })

    test('names the reports that carry what is in scope', async () => {
      await store.put([...batchOf(), ...batchOf({ account: BOB, firstSeq: 4 })])
      await store.noteReport('0xfeed', [
        { recorderId: 1, seq: 2 },
        { recorderId: 1, seq: 4 },
      ])
      await store.noteReport('0xbeef', [{ recorderId: 1, seq: 5 }])
      expect(await store.reportsWith({ account: ALICE, before: 2_000 })).toEqual(['0xfeed'])
      expect(await store.reportsWith({ account: BOB, before: 2_000 })).toEqual(['0xbeef', '0xfeed'])
    })

    test('keeps purposes until they are erased, and the commitment for ever', async () => {
      const purpose = { commitment: HOME, lang: 'en', text: 'to heat the room', salt: toHex(randomBytes(32)) }
      await store.putPurpose(purpose)
      expect(await store.purpose(HOME)).toEqual(purpose)
      expect(await store.purpose(LAB)).toBeUndefined()
      await store.erasePurposes([HOME])
      expect(await store.purpose(HOME)).toEqual({ commitment: HOME })
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
      const purpose = { commitment: HOME, lang: 'en', text: 'for Alice’s own good', salt: toHex(randomBytes(32)) }
      await store.put([...rows, ...others])
      await store.putPurpose(purpose)
      await store.scrub()
      const mine = [...rows, purpose].flatMap(({ text, salt }) => [text, saltText(salt)])
      const before = await it.bytes()
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
