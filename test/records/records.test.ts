import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { sha256, toHex, utf8, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import type { Records } from '../../records/port.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

let it: TestChain
let recorder: TestRecorder

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())
beforeEach(async () => {
  recorder = await addTestRecorder(it)
})

const use = { name: 'home/a', bytes: 2, qos: 0 } as const
const evidenceOf = async (): Promise<Record<string, unknown>[]> =>
  (await readHistory(it, recorder)).evidence.map(({ text }) => JSON.parse(text ?? '{}'))

async function withRecords<T>(work: (records: Records) => Promise<T>): Promise<T> {
  const records = await recorder.open()
  try {
    return await work(records)
  } finally {
    await records.stop()
  }
}

/** Overwrites the cell pointers of the table page that holds the text. */
function spoilPageWith(text: string, path: string): void {
  const bytes = readFileSync(path)
  const page = 4_096 * Math.floor(bytes.indexOf(text) / 4_096)
  writeFileSync(path, bytes.fill(0xff, page + 8, page + 24))
}

describe('a record', () => {
  test('is durable with its sequence, reaches the chain once, and its evidence proves it', async () => {
    await withRecords(async ({ journal, flush }) => {
      const given = await Promise.all(Array.from({ length: 30 }, () => journal.record(accessOf())))
      expect(given.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 2))
      expect(await flush()).toMatchObject({ records: 31 })
    })
    const { records } = await readHistory(it, recorder)
    expect(records).toHaveLength(31)
    expect(records[5]).toMatchObject({ action: Action.PUBLISH, count: 1, span: 0, account: accessOf().account })
  })

  test('names the policy in force, which is recorded first by its SHA-256', async () => {
    await withRecords(async ({ journal, flush }) => {
      await journal.record(accessOf())
      await flush()
    })
    const { records } = await readHistory(it, recorder)
    const topicId = toHex(sha256(utf8(canonicalJson({ test: true }))))
    expect(records[0]).toMatchObject({ action: Action.POLICY, topicId, account: ZERO_ADDRESS })
    expect(await evidenceOf()).toMatchObject([{ rules: { test: true } }, { policy: 1, clientId: 'test' }])
  })
})

describe('a window', () => {
  test('is durable before its first packet moves, counts the rest, and becomes one record', async () => {
    await withRecords(async ({ journal, flush }) => {
      const window = journal.window(accessOf(), use)
      expect(window.isDurable).toBe(false)
      await window.durable
      expect(window.isDurable).toBe(true)
      expect(journal.window(accessOf(), { name: 'home/b', bytes: 3, qos: 1 })).toBe(window)
      expect(window.add({ ...use, qos: 2 })).toBe(true)
      await flush()
      expect(window.add(use)).toBe(false)
    })
    expect((await readHistory(it, recorder)).records[1]).toMatchObject({ count: 3, countIsLowerBound: false })
    const names = [
      { name: 'home/a', count: 2 },
      { name: 'home/b', count: 1 },
    ]
    expect((await evidenceOf())[1]).toMatchObject({ names, bytes: 7, qos: [1, 1, 1] })
  })

  test('is another one for another connection, right, outcome, reason or grant', async () => {
    await withRecords(async ({ journal }) => {
      const open = (more: Parameters<typeof accessOf>[0]) => journal.window(accessOf(more), use)
      const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT }
      const others = [{ connectionId: 2 }, { action: Action.DELIVER }, denied, { grantId: 1 }].map(open)
      expect(new Set([open({}), ...others]).size).toBe(5)
      expect(open({})).toBe(open({}))
    })
  })

  test('that is allowed holds 64 names, then another begins; one that is denied only counts the rest', async () => {
    await withRecords(async ({ journal, flush }) => {
      const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT }
      for (let i = 0; i < 70; i++) {
        journal.window(accessOf(), { ...use, name: `home/${i}` })
        journal.window(accessOf(denied), { ...use, name: `home/${i}` })
      }
      await flush()
    })
    const { records } = await readHistory(it, recorder)
    expect(records.slice(1).map(({ outcome, count }) => [outcome, count])).toEqual([
      [Outcome.ALLOWED, 64],
      [Outcome.DENIED, 70],
      [Outcome.ALLOWED, 6],
    ])
    expect((await evidenceOf())[2]).toMatchObject({ unnamed: 6 })
  })

  test('of strangers is shared beyond 256, so that they cannot spend the operator’s ETH', async () => {
    await withRecords(async ({ journal, flush }) => {
      const failed = { action: Action.CONNECT, outcome: Outcome.DENIED, denialReason: DenialReason.SIGNATURE_INVALID }
      for (let i = 0; i < 400; i++) {
        journal.window(accessOf({ ...failed, account: ZERO_ADDRESS, network: `10.0.${i >> 8}.${i & 255}/32` }), use)
      }
      await flush()
    })
    const { records } = await readHistory(it, recorder)
    expect(records).toHaveLength(1 + 257)
    expect(Math.max(...records.map(({ count }) => count))).toBe(400 - 256)
  })

  test('closes with its connection', async () => {
    await withRecords(async ({ journal }) => {
      const window = journal.window(accessOf({ connectionId: 7 }), use)
      journal.closeConnection(8)
      expect(window.add(use)).toBe(true)
      journal.closeConnection(7)
      expect(window.add(use)).toBe(false)
    })
  })
})

describe('rules', () => {
  test('choose the window, and one of 0 makes each access a record of its own', async () => {
    const windows: Record<string, number> = { 'home/each': 0, 'home/short': 300 }
    const capture = (_access: unknown, name: string) => ({ windowMs: windows[name] ?? 60_000, isSealed: false })
    const records = await recorder.open({ capture })
    const opened = ['home/each', 'home/each', 'home/short', 'home/long', 'home/longer'].map((name) =>
      records.journal.window(accessOf(), { ...use, name }),
    )
    expect(opened[3]).toBe(opened[4])
    await Promise.all(opened.map(({ durable }) => durable))
    expect(opened.map((window) => window.isDurable)).toEqual([true, true, true, true, true])
    await expect.poll(() => opened[2]?.add({ ...use, name: 'home/short' })).toBe(false)
    expect(opened[4]?.add(use)).toBe(true)
    await records.flush()
    await records.stop()
    const counts = (await readHistory(it, recorder)).records.slice(1).map(({ count }) => count)
    expect([counts.length, counts.filter((count) => count === 1).length, counts.includes(3)]).toEqual([4, 2, true])
  })

  test('that change close what is open: each record names the policy under which it was decided', async () => {
    const minute = () => ({ windowMs: 60_000, isSealed: false })
    const kept = { retentionMs: 1e12, minimumRetentionMs: 0 }
    const pace = {
      anchorEveryMs: 100,
      batchMax: 500,
      heartbeatMs: 60_000,
      maxUnanchoredMs: 60_000,
      minFreeBytes: 0,
      ...kept,
    }
    await withRecords(async ({ journal, setRules, flush }) => {
      await journal.window(accessOf(), use).durable
      expect(await setRules({ ...pace, rules: { other: true }, capture: minute })).toEqual({ seq: 3 })
      await journal.window(accessOf(), use).durable
      await flush()
    })
    expect(await evidenceOf()).toMatchObject([
      { rules: { test: true } },
      { policy: 1 },
      { rules: { other: true } },
      { policy: 3 },
    ])
  })

  test('about free disk space stop every access while it is too low', async () => {
    const records = await recorder.open({ minFreeBytes: Number.MAX_SAFE_INTEGER })
    expect(records.status().trouble).toBe('JOURNAL_FULL')
    await expect(records.journal.record(accessOf())).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
    await records.stop()
  })
})

describe('an access that was announced', () => {
  const will = (more = {}) => accessOf({ action: Action.WILL, evidence: { clientId: 'gone' }, ...more })

  test('is recorded as of when it happens, once, and holds no watermark back until then', async () => {
    let before = 0
    await withRecords(async ({ journal, flush }) => {
      const [announced, dropped, unseen] = await Promise.all([
        journal.announce(will(), use),
        journal.announce(will(), use),
        journal.announce(will(), use),
      ])
      before = (await flush()).through
      announced.settle('happened', { behind: 7 })
      announced.settle('happened')
      dropped.settle('dropped')
      unseen.settle('unknown')
      await flush()
    })
    const { records } = await readHistory(it, recorder)
    const wills = records.filter(({ action }) => action === Action.WILL)
    // Dropped leaves nothing; nobody saw how the third one ended.
    expect(wills).toMatchObject([
      { count: 1, countIsLowerBound: false, span: 0 },
      { count: 0, countIsLowerBound: true, span: 0 },
    ])
    expect(wills[0]!.firstAt).toBeGreaterThan(before)
    const evidence = (await evidenceOf())[Number(wills[0]!.seq) - 1]
    expect(evidence).toMatchObject({ names: [{ name: 'home/a', count: 1 }], bytes: 2, qos: [1, 0, 0], behind: 7 })
  })

  test('that a crash cut off closes at the next start, once, with count 0 and "lower bound"', async () => {
    let through = 0
    await withRecords(async ({ journal, flush }) => {
      await journal.announce(will(), use)
      through = (await flush()).through
    })
    await withRecords(async () => {})
    await withRecords(async ({ flush }) => flush())
    const wills = (await readHistory(it, recorder)).records.filter(({ action }) => action === Action.WILL)
    expect(wills).toMatchObject([{ count: 0, countIsLowerBound: true }])
    expect(wills[0]!.firstAt).toBeGreaterThan(through) // below it, it would convict the recorder
  })

  test('is refused while nothing may be accessed: no record, no access', async () => {
    const { journal, stop } = await recorder.open()
    await stop()
    await expect(journal.announce(will(), use)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' })
  })
})

describe('the watermark', () => {
  test('stays below every window that is open and below every record that comes later', async () => {
    await withRecords(async ({ journal, flush }) => {
      const window = journal.window(accessOf(), use)
      await window.durable
      for (let i = 0; i < 15; i++) {
        await journal.record(accessOf({ action: Action.SUBSCRIBE }))
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      await flush()
    })
    const { records, batches } = await readHistory(it, recorder)
    expect(batches.length).toBeGreaterThan(3)
    for (const { firstSeq, count, through, builtAt } of batches) {
      const later = records.filter(({ seq }) => seq >= firstSeq + BigInt(count))
      expect(later.every(({ firstAt }) => firstAt > through)).toBe(true)
      const inside = records.filter(({ seq }) => seq >= firstSeq && seq < firstSeq + BigInt(count))
      expect(inside.every(({ firstAt, span }) => firstAt + span <= builtAt)).toBe(true)
    }
  })

  test('rises by a heartbeat when nothing happens', async () => {
    const records = await recorder.open({ heartbeatMs: 300 })
    const heartbeats = async () => (await readHistory(it, recorder)).batches.filter(({ count }) => count === 0).length
    await expect.poll(heartbeats, { timeout: 45_000 }).toBeGreaterThan(0)
    await records.stop()
  })
})

describe('a journal', () => {
  test('of another recorder, a newer schema or no database is refused, and nothing is changed', async () => {
    await withRecords(async () => {})
    const { journalPath } = recorder.options
    const other = await addTestRecorder(it)
    await expect(other.open({ journalPath })).rejects.toMatchObject({ code: 'JOURNAL_FOREIGN' })

    const file = new Database(journalPath)
    file.pragma('user_version = 99')
    file.close()
    await expect(recorder.open()).rejects.toMatchObject({ code: 'JOURNAL_NEWER' })

    writeFileSync(other.options.journalPath, 'this is no database, whatever its name says')
    await expect(other.open()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
    expect(readFileSync(other.options.journalPath, 'utf8')).toContain('no database')
  })

  test('that is cut short is refused', async () => {
    await withRecords(async ({ journal }) => {
      await Promise.all(Array.from({ length: 200 }, () => journal.record(accessOf())))
    })
    truncateSync(recorder.options.journalPath, 9_000)
    await expect(recorder.open()).rejects.toMatchObject({ code: expect.stringMatching(/^JOURNAL_(DAMAGED|FOREIGN)$/) })
  })

  test('that is large and turns out to be damaged serves nobody and sends nothing', async () => {
    const { journalPath } = recorder.options
    const waiting = await recorder.open({ confirmations: 1_000 })
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        waiting.journal.record(accessOf({ evidence: { clientId: `device-${i}.` } })),
      ),
    )
    await waiting.stop()
    const sent = (await it.read('recorders', [recorder.account.address]))[2]
    spoilPageWith('device-100.', journalPath)
    truncateSync(journalPath, 65 * 2 ** 20) // what is larger is read after the start
    const records = await recorder.open({ confirmations: 1_000 })
    await expect.poll(() => records.status().trouble).toMatch(/journal is damaged.*backup/)
    expect(records.journal.unavailable()).toBe('JOURNAL_DAMAGED')
    await expect(records.journal.receipt(2)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
    await records.stop()
    expect((await it.read('recorders', [recorder.account.address]))[2]).toBe(sent)
  })

  test('that is older than the chain is refused: its sequences were used before', async () => {
    await withRecords(async ({ flush }) => void (await flush()))
    const journalPath = `${recorder.options.journalPath}.new`
    await expect(recorder.open({ journalPath })).rejects.toMatchObject({ code: 'JOURNAL_FOREIGN' })
  })
})

describe('a recorder', () => {
  test('that the contract does not know is refused', async () => {
    const recorderKey = (await it.account()).key
    await expect(recorder.open({ recorderKey })).rejects.toMatchObject({ code: 'RECORDER_NOT_ACTIVE' })
  })

  test('that is stopped lets nothing more happen', async () => {
    const records = await recorder.open()
    await it.call('stopRecorder', [recorder.account.address])
    await expect.poll(() => records.journal.unavailable()).toBe('RECORDER_NOT_ACTIVE')
    await expect(records.journal.record(accessOf())).rejects.toMatchObject({ code: 'RECORDER_NOT_ACTIVE' })
    await expect(records.journal.window(accessOf(), use).durable).rejects.toMatchObject({ code: 'RECORDER_NOT_ACTIVE' })
    await records.stop()
  })

  test('without ETH keeps its records and says what is wrong, and goes on when it has some', async () => {
    const records = await recorder.open()
    await it.chain.fund(recorder.account.address, 0n)
    await records.journal.record(accessOf())
    await expect.poll(() => records.status().trouble).toMatch(/ETH|funds/i)
    await it.chain.fund(recorder.account.address, 10n ** 20n)
    await records.flush()
    expect(records.status().trouble).toBeNull()
    await records.stop()
    expect((await readHistory(it, recorder)).records).toHaveLength(2)
  })

  test('sends again what a reorg took off the chain, byte for byte', async () => {
    await it.chain.rpc.request('anvil_mine', ['0x5']) // the recorder itself must survive
    const records = await recorder.open({ confirmations: 3 })
    await records.journal.record(accessOf())
    await expect.poll(async () => (await it.read('recorders', [recorder.account.address]))[2]).toBe(3n)
    await it.chain.rpc.request('anvil_reorg', [2, []])
    await expect
      .poll(async () => (await it.read('recorders', [recorder.account.address]))[2], { timeout: 45_000 })
      .toBe(3n)
    await createRpc(it.chain.url).request('anvil_mine', ['0x5'])
    await records.flush()
    await records.stop()
    expect((await readHistory(it, recorder)).records).toHaveLength(2)
  })
})
