import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Address, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Eraser, type EraserOptions } from '../../records/erasure/eraser.ts'
import { RecordsError } from '../../records/port.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import type { EvidenceStore, Scope } from '../../records/store/port.ts'
import { silent } from '../support/chain.ts'

const ALICE: Address = `0x${'a1'.repeat(20)}`

/** A real store, and a journal that holds nothing: what is forced here is when things happen. */
async function withEraser(
  work: (eraser: Eraser, store: EvidenceStore) => Promise<void>,
  slow: (store: EvidenceStore) => Partial<EvidenceStore> = () => ({}),
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-eraser-'))
  const real = await openEvidenceStore(join(dir, 'evidence.sqlite'))
  const journal = { closeWindows: async () => {}, now: () => 2_000_000, record: async () => ({ seq: 9 }) }
  const thread = { call: async () => [] as never }
  const limits = { minimumSeconds: 0, retentionSeconds: 10_000 }
  const eraser = new Eraser({
    ...limits,
    store: { ...real, ...slow(real) },
    thread: thread as unknown as EraserOptions['thread'],
    journal: journal as unknown as EraserOptions['journal'],
    recorderId: 1,
    log: silent,
  })
  try {
    await work(eraser, real)
  } finally {
    real.close()
    rmSync(dir, { recursive: true })
  }
}

const row = {
  recorderId: 1,
  seq: 1,
  text: '{"clientId":"alice-phone"}',
  salt: `0x${'05'.repeat(64)}`,
  leaf: ZERO_BYTES32,
  batchFirstSeq: 1,
  batchCount: 1,
  subject: { account: ALICE, topicId: ZERO_BYTES32, firstAt: 1_000, lastAt: 1_000 },
} as const

describe('an erasure that is ordered while a batch is being copied', () => {
  test('reaches the copy, however late the store writes it, and is acknowledged only then', async () => {
    let begin: () => void = () => {}
    const isWriting = new Promise<void>((resolve) => {
      begin = resolve
    })
    await withEraser(
      async (eraser, store) => {
        const copied = eraser.copy(async () => [row])
        await isWriting
        const certificate = await eraser.erase({ ground: 'subject', account: ALICE })
        await copied
        expect(certificate).toMatchObject({ left: 0, acknowledged: [{ recorderId: 1 }] })
        expect(await store.one(1, 1)).not.toHaveProperty('text')
      },
      (store) => ({
        async put(rows) {
          begin()
          await new Promise((resolve) => setTimeout(resolve, 50)) // the order comes now
          await store.put(rows)
        },
      }),
    )
  })
})

describe('what is kept beside journal and store', () => {
  test('is told of every order, those of before too, and of what is too old; nothing is acknowledged before it obeyed', async () => {
    await withEraser(async (eraser, store) => {
      await eraser.erase({ ground: 'subject', account: ALICE })
      const told: (readonly Scope[])[] = []
      let trouble: Error | undefined
      await eraser.eraseAlso({
        async erase(scopes) {
          if (trouble !== undefined) throw trouble
          told.push(scopes)
        },
      })
      const old = { before: 2_000 - 10_000 }
      expect(told).toMatchObject([[{ account: ALICE, before: 2_000 }, old]])

      trouble = new RecordsError('STORE_UNREACHABLE', 'The disk is full.')
      await expect(eraser.erase({ ground: 'topic-owner', topicIds: [ZERO_BYTES32] })).rejects.toThrow(
        'The disk is full.',
      )
      const order = (await store.erasures()).find(({ ground }) => ground === 'topic-owner')
      expect(await store.acknowledged(order?.id ?? '')).toEqual([])
      trouble = undefined
      await eraser.obey()
      expect(told.at(-1)).toHaveLength(3)
      expect(told.at(-1)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ account: ALICE }),
          expect.objectContaining({ topicIds: [ZERO_BYTES32] }),
          old,
        ]),
      )
      expect(await store.acknowledged(order?.id ?? '')).toHaveLength(1)
    })
  })
})

describe('under a legal hold', () => {
  const hold = { id: 'case-1', account: ALICE, reason: 'a claim is being heard', since: 1 }

  test('the purposes of an account stay too, are counted as left, and go once it is lifted', async () => {
    await withEraser(async (eraser, store) => {
      const [mine, others] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`] as const
      for (const key of [mine, others])
        await store.putPurpose({ key, lang: 'en', text: 'Heating', salt: `0x${'03'.repeat(32)}` })
      await store.putHold(hold)
      const held = await eraser.erase({ ground: 'subject', account: ALICE, purposes: [mine] })
      expect([held.left, (await store.purpose(mine))?.text]).toEqual([1, 'Heating'])
      await eraser.erase({ ground: 'subject', account: `0x${'b0'.repeat(20)}`, purposes: [others] })
      expect((await store.purpose(others))?.text).toBeUndefined()
      await store.putHold({ ...hold, liftedAt: 2 })
      await eraser.sweep()
      expect([(await eraser.certify(held.erasure)).left, (await store.purpose(mine))?.text]).toEqual([0, undefined])
    })
  })

  test('what is older than the retention is ordered to be erased once it is lifted, and not each hour before', async () => {
    await withEraser(async (eraser, store) => {
      const old = { ...row.subject, firstAt: -20_000, lastAt: -20_000 }
      await store.put([{ ...row, subject: old }])
      await store.putHold(hold)
      await eraser.sweep()
      await eraser.sweep()
      expect(await store.erasures()).toEqual([])
      await store.putHold({ ...hold, liftedAt: 2 })
      await eraser.sweep()
      expect(await store.erasures()).toMatchObject([{ ground: 'retention' }])
      expect(await store.one(1, 1)).not.toHaveProperty('text')
    })
  })
})

describe('an erasure that cannot be carried out at once', () => {
  const busy = async (): Promise<never> => {
    throw new RecordsError('STORE_BUSY', 'The store is unreachable.')
  }

  test('says that it is ordered and tried again, and is carried out by the next sweep', async () => {
    let isBusy = true
    await withEraser(
      async (eraser, store) => {
        await store.put([row])
        await expect(eraser.erase({ ground: 'subject', account: ALICE })).rejects.toThrow(
          /ordered.*npx flytrap erasures/,
        )
        const [order] = await store.erasures()
        expect(await store.acknowledged(order?.id ?? '')).toEqual([])
        isBusy = false
        await eraser.sweep()
        expect(await store.one(1, 1)).not.toHaveProperty('text')
        expect(await store.acknowledged(order?.id ?? '')).toHaveLength(1)
      },
      (store) => ({ erase: (scope) => (isBusy ? busy() : store.erase(scope)) }),
    )
  })
})
