import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bytes32, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action } from '../../domain/enums.ts'
import { namesOf } from '../../gateway/recorder/disclosed.ts'
import { openGatewayRecorder, withoutRecorder } from '../../gateway/recorder/open-recorder.ts'
import type { Disclosure, GatewayRecorder, ShownRecord } from '../../gateway/recorder/port.ts'
import { reachNow } from '../../gateway/reports/reach-now.ts'
import { createRoles } from '../../gateway/sign-in/roles.ts'
import { statusOf } from '../../records/erasure/order.ts'
import { type Account, silent, startTestChain, type TestChain } from '../support/chain.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

const VIEWER = `0x${'a1'.repeat(20)}` as const
const KITCHEN: Bytes32 = `0x${'01'.repeat(32)}`
const CELLAR: Bytes32 = `0x${'02'.repeat(32)}`

const shown = (seq: number, more: Partial<ShownRecord> = {}): ShownRecord => ({
  recorderId: 1,
  seq,
  topicId: KITCHEN,
  isSealed: false,
  ...more,
})
const disclosure = (records: ShownRecord[], role: Disclosure['role'] = 'AUDITOR'): Disclosure => ({
  viewer: VIEWER,
  role,
  records,
})

let it: TestChain
const recorders: TestRecorder[] = []

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(async () => {
  for (const { dir } of recorders) rmSync(dir, { recursive: true })
  await it.stop()
})

async function newRecorder(): Promise<TestRecorder> {
  const recorder = await addTestRecorder(it)
  recorders.push(recorder)
  return recorder
}

async function withGateway(work: (gateway: GatewayRecorder, recorder: TestRecorder) => Promise<void>) {
  const recorder = await newRecorder()
  const gateway = await openGatewayRecorder(recorder.options)
  await work(gateway, recorder).finally(() => gateway.stop())
}

/** What stands in the journal's file at this moment, as another process sees it. */
function openWindows({ options }: TestRecorder): string[] {
  const file = new Database(options.journalPath, { readonly: true })
  const rows = file.prepare('select state from windows').all() as { state: string }[]
  file.close()
  return rows.map(({ state }) => state)
}

const disclosuresIn = async (recorder: TestRecorder) => {
  const { records, evidence } = await readHistory(it, recorder)
  const texts = evidence.map(({ text }) => JSON.parse(text ?? '{}'))
  return records.map((record, i) => ({ record, evidence: texts[i] })).filter(({ evidence: { role } }) => role)
}

describe('a report that shall reach up to now', () => {
  test('has the gateway’s recorder write its watermark, for who has a role, unless it is fresh', () =>
    withGateway(async (recorder) => {
      const roles = createRoles(it.chain.rpc, it.contract.address)
      const stranger = await it.account()
      await it.call('giveTopic', ['reached', it.owner.address])
      const through = () => {
        const status = recorder.status()
        return status.isOpen ? status.records.through : 0
      }
      const ask = async (account: Account, fresh: number): Promise<boolean> => {
        const before = through()
        await reachNow({ recorder, roles }, { account: account.address, topicFilter: 'reached/by/someone' }, fresh)
        return through() > before
      }
      await recorder.flush()
      expect([await ask(stranger, 0), await ask(it.owner, 3_600)]).toEqual([false, false])
      expect(await ask(it.owner, 0)).toBe(true)
    }))
})

describe('the gateway’s recorder', () => {
  test('has on disk what is shown before it may be shown, the second time in a window too', () =>
    withGateway(async (gateway, recorder) => {
      await gateway.disclose(disclosure([shown(17), shown(18), shown(19)]))
      expect(openWindows(recorder)).toEqual([expect.stringContaining('1:17-19')])
      await gateway.disclose(disclosure([shown(40)]))
      expect(openWindows(recorder)).toEqual([expect.stringContaining('1:40')])
    }))

  test('records POLICY at its start, then one DISCLOSE a minute for one viewer, topic and role, with what was shown', () =>
    withGateway(async (gateway, recorder) => {
      await gateway.disclose(disclosure([shown(17), shown(18)]))
      await gateway.disclose(disclosure([shown(17), shown(18)]))
      await gateway.disclose(disclosure([shown(3)], 'SUBJECT'))
      await gateway.disclose(disclosure([shown(5), shown(6, { topicId: CELLAR })], 'TOPIC_OWNER'))
      await gateway.flush()
      const { records } = await readHistory(it, recorder)
      expect(records[0]).toMatchObject({ action: Action.POLICY, seq: 1n })
      const found = await disclosuresIn(recorder)
      expect(found.map(({ record: { action, account, topicId, count } }) => [action, account, topicId, count])).toEqual(
        [
          [Action.DISCLOSE, VIEWER, KITCHEN, 2],
          [Action.DISCLOSE, VIEWER, KITCHEN, 1],
          [Action.DISCLOSE, VIEWER, KITCHEN, 1],
          [Action.DISCLOSE, VIEWER, CELLAR, 1],
        ],
      )
      expect(found[0]?.evidence).toMatchObject({ role: 'AUDITOR', names: [{ name: '1:17-18', count: 2 }], policy: 1 })
      expect(found[0]?.evidence).not.toHaveProperty('qos')
    }))

  test('seals the disclosure when anything that was shown is sealed: the chain tells neither who looked nor at what', () =>
    withGateway(async (gateway, recorder) => {
      await gateway.disclose(disclosure([shown(7), shown(8, { isSealed: true })]))
      await gateway.flush()
      const [found] = await disclosuresIn(recorder)
      expect(found?.record).toMatchObject({ sealed: true, action: 0, account: ZERO_ADDRESS, topicId: ZERO_BYTES32 })
      const sealed = { action: Action.DISCLOSE, account: VIEWER, topicId: KITCHEN }
      expect(found?.evidence).toMatchObject({ names: [{ name: '1:7-8' }], sealed })
    }))

  test('shows nothing, with a code, when its journal cannot take it', async () => {
    const recorder = await newRecorder()
    const gateway = await openGatewayRecorder({ ...recorder.options, minFreeBytes: Number.MAX_SAFE_INTEGER })
    try {
      await expect(gateway.disclose(disclosure([shown(1)]))).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
    } finally {
      await gateway.stop()
    }
    await expect(withoutRecorder().disclose(disclosure([shown(1)]))).rejects.toMatchObject({
      code: 'RECORDER_NOT_ACTIVE',
    })
  })

  test('shows nothing until the contract knows it, and opens by itself then', async () => {
    const known = await newRecorder()
    const stranger = await it.account()
    const options = { ...known.options, recorderKey: stranger.key, journalPath: `${known.dir}/other.sqlite` }
    const gateway = await openGatewayRecorder({ ...options, retryMs: 20, log: silent })
    try {
      await expect(gateway.disclose(disclosure([shown(1)]))).rejects.toMatchObject({ code: 'RECORDER_NOT_ACTIVE' })
      expect(gateway.status()).toMatchObject({ isOpen: false, trouble: expect.stringContaining('addRecorder') })
      await it.call('addRecorder', [stranger.address])
      await expect.poll(() => gateway.status().isOpen, { timeout: 45_000 }).toBe(true)
      await gateway.disclose(disclosure([shown(1)]))
    } finally {
      await gateway.stop()
    }
  })

  test('obeys an erasure that a proxy’s recorder ordered, of who asked for what too; only then is it complete', () =>
    withGateway(async (gateway, recorder) => {
      const proxy = await newRecorder()
      const records = await proxy.open({ evidencePath: recorder.options.evidencePath, minimumRetentionMs: 0 })
      try {
        await gateway.setRules({ ...RULES, minimumRetentionMs: 0 })
        await records.journal.record(accessOf({ account: VIEWER, action: Action.SUBSCRIBE }))
        await gateway.disclose(disclosure([shown(2)], 'SUBJECT'))
        await Promise.all([records.flush(), gateway.flush()])
        const { erasure } = await records.erase({ ground: 'subject', account: VIEWER })
        await gateway.obey()
        const [certificate] = await records.certificates()
        const ids = [records.status().recorderId, idOf(gateway)]
        expect(certificate && statusOf(certificate, ids)).toBe('COMPLETE')
        expect(certificate?.erasure.id).toBe(erasure.id)
        const mine = await gateway.store.one(idOf(gateway), 3)
        expect(mine).toMatchObject({ seq: 3 })
        expect(mine?.text).toBeUndefined()
      } finally {
        await records.stop()
      }
    }))
})

const idOf = (gateway: GatewayRecorder): number => {
  const status = gateway.status()
  if (!status.isOpen) throw new Error(status.trouble)
  return status.records.recorderId
}

const RULES = {
  rules: { test: true },
  anchorEveryMs: 100,
  batchMax: 500,
  heartbeatMs: 3_600_000,
  maxUnanchoredMs: 3_600_000,
  minFreeBytes: 0,
  retentionMs: 3_600_000,
  minimumRetentionMs: 0,
}

test('names what was shown in as few words as may be', () => {
  expect(namesOf([shown(9), shown(3), shown(4), shown(3), shown(5, { recorderId: 2 })])).toEqual([
    '1:3-4',
    '1:9',
    '2:5',
  ])
})
