/** Reports on their way to the chain: once each, behind the records, and over crashes, reorgs and a lack of money. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { type Bytes32, keccak256, toHex, utf8 } from '../../domain/bytes.ts'
import { ReportKind } from '../../domain/enums.ts'
import { noteAtRest } from '../../records/issue/note-at-rest.ts'
import type { RecordsOptions } from '../../records/open-records.ts'
import type { Records } from '../../records/port.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type LimitedNode, startLimitedNode } from '../support/limited-node.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

let it: TestChain
let recorder: TestRecorder
let node: LimitedNode
let opened: Records[]

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())
beforeEach(async () => {
  recorder = await addTestRecorder(it)
  node = await startLimitedNode(it.chain.url)
  opened = []
})
afterEach(async () => {
  node.fault = () => undefined
  for (const records of opened) await records.stop().catch(() => undefined)
  await node.stop()
})

async function open(more: Partial<RecordsOptions> = {}): Promise<Records> {
  const records = await recorder.open({ rpcUrl: node.url, ...more })
  opened.push(records)
  return records
}

const hashOf = (name: string): Bytes32 => toHex(keccak256(utf8(name)))
const report = (name: string) => ({ reportHash: hashOf(name), kind: ReportKind.TOPIC_ACCESS })

/** Hashes that the chain holds of this recorder, in its order. */
async function issued(): Promise<Bytes32[]> {
  const toBlock = Number(await it.chain.rpc.request<string>('eth_blockNumber'))
  const range = { address: it.contract.address, fromBlock: 0, toBlock }
  const events = (await Array.fromAsync(readEvents(it.chain.rpc, range))).flat()
  return events.flatMap(({ name, args }) =>
    name === 'ReportIssued' && args.issuer === recorder.account.address ? [args.reportHash] : [],
  )
}

const placeOf = async (records: Records, name: string) => (await records.reportIssue(hashOf(name)))?.place ?? null
const anchored = (records: Records, name: string) =>
  expect.poll(() => placeOf(records, name), { timeout: 45_000 }).toMatchObject({ block: expect.any(Number) })
const final = (records: Records, name: string) =>
  expect.poll(async () => (await records.reportIssue(hashOf(name)))?.isFinal, { timeout: 45_000 }).toBe(true)

const CALL = encodeCall('issueReport', [hashOf(''), 1]).slice(2, 10)
const isIssue = (method: string, params: readonly unknown[]): boolean =>
  method === 'eth_sendRawTransaction' && String(params[0]).includes(`${CALL}`)
const issuesSent = (): unknown[] =>
  node.asked.flatMap(({ method, params }) => (isIssue(method, params) ? [params[0]] : []))

describe('a report that is to be anchored', () => {
  test('stands on chain once, however often it is asked for, and where it stands is told', async () => {
    const records = await open()
    expect(await records.reportIssue(hashOf('a'))).toBeUndefined()
    await Promise.all([records.issueReport(report('a')), records.issueReport(report('b'))])
    await records.issueReport(report('a'))
    await final(records, 'a')
    await final(records, 'b')
    await records.issueReport(report('a'))
    await records.flush()
    expect((await issued()).toSorted()).toEqual([hashOf('a'), hashOf('b')].toSorted())
    const { block = 0, transaction } = (await placeOf(records, 'a')) ?? {}
    const receipt = await it.chain.rpc.request<{ blockNumber: string }>('eth_getTransactionReceipt', [transaction])
    expect(Number(receipt.blockNumber)).toBe(block)
    await expect.poll(() => records.status().issues).toEqual({ waiting: 0, issued: 2, trouble: null })
  })

  test('is sent by the next start, where the process ended before', async () => {
    const records = await open()
    await records.flush()
    node.fault = () => ({ at: 'before', how: 'hang-up' })
    await records.issueReport(report('a'))
    await records.stop()
    node.fault = () => undefined
    const again = await open()
    await final(again, 'a')
    expect(await issued()).toEqual([hashOf('a')])
  })

  test('that took effect although its answer was lost is found on chain, and not sent again', async () => {
    const records = await open()
    await records.flush()
    node.fault = (method, params) => (isIssue(method, params) ? { at: 'after', how: 'hang-up' } : undefined)
    await records.issueReport(report('a'))
    await expect.poll(issued, { timeout: 45_000 }).toEqual([hashOf('a')])
    await records.stop()
    node.fault = () => undefined
    const again = await open()
    await final(again, 'a')
    await again.flush()
    expect(await issued()).toEqual([hashOf('a')])
  })

  test('that a reorg takes off the chain goes out again, byte for byte', async () => {
    const records = await open({ confirmations: 4 })
    await it.chain.rpc.request('anvil_mine', ['0x5']) // the recorder itself must survive
    await records.issueReport(report('a'))
    await anchored(records, 'a')
    await it.chain.rpc.request('anvil_reorg', [1, []])
    await expect.poll(issued, { timeout: 45_000 }).toEqual([hashOf('a')])
    await it.chain.rpc.request('anvil_mine', ['0x5'])
    await final(records, 'a')
    expect(issuesSent().length).toBeGreaterThan(1)
    expect(new Set(issuesSent()).size).toBe(1)
  })

  test('is forgotten by a chain that comes back shorter, and is anchored on that one', async () => {
    let dumped = 0
    const records = await open({ isBlockSafe: (block) => block <= dumped })
    const snapshot = await it.chain.rpc.request('evm_snapshot', [])
    await records.issueReport(report('a'))
    await anchored(records, 'a')
    await it.chain.rpc.request('evm_revert', [snapshot])
    await expect.poll(issued, { timeout: 45_000 }).toEqual([hashOf('a')])
    dumped = Number.POSITIVE_INFINITY
    await final(records, 'a')
    expect(await issued()).toEqual([hashOf('a')])
  })

  test('is not sent again through an endpoint that does not show it yet, and says why it waits', async () => {
    const second = await startLimitedNode(it.chain.url)
    const records = await open({ rpcUrl: `${node.url},${second.url}` })
    await records.flush()
    let isBlind = true
    node.lie = (method, result) => (isBlind && method === 'eth_getLogs' ? [] : result)
    await records.issueReport(report('a'))
    await expect.poll(issued, { timeout: 45_000 }).toEqual([hashOf('a')])
    await expect.poll(() => records.status().issues.trouble, { timeout: 45_000 }).toMatch(/One endpoint shows/)
    isBlind = false
    await final(records, 'a')
    expect(await issued()).toEqual([hashOf('a')])
    await records.stop()
    await second.stop()
  })

  test('is not final while the other endpoint does not say where it stands', async () => {
    const second = await startLimitedNode(it.chain.url)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32_000, message: 'no such index' } })
    second.fault = (method) =>
      method === 'eth_getLogs' ? { at: 'before', how: 'status', status: 200, body } : undefined
    const records = await open({ rpcUrl: `${node.url},${second.url}` })
    await records.issueReport(report('a'))
    await anchored(records, 'a')
    await records.flush()
    await records.flush()
    expect(await records.reportIssue(hashOf('a'))).toMatchObject({ isFinal: false })
    second.fault = () => undefined
    await final(records, 'a')
    await records.stop()
    await second.stop()
  })

  test('waits in the journal of a recorder that does not run, and is sent once it does', async () => {
    expect(noteAtRest(recorder.options.journalPath, report('a'))).toBe(false)
    await (await open()).stop()
    expect(noteAtRest(recorder.options.journalPath, report('a'))).toBe(true)
    const records = await open()
    await final(records, 'a')
    expect(await issued()).toEqual([hashOf('a')])
  })
})

describe('records', () => {
  const access = accessOf({ connectionId: 7 })

  test('pass a report that is stuck, under its nonce, and it follows them', async () => {
    const records = await open({ stuckAfterMs: 300 })
    await records.flush()
    const lie = { at: 'before', how: 'lie', result: hashOf('nothing') } as const
    node.fault = (method, params) => (isIssue(method, params) ? lie : undefined)
    await records.issueReport(report('a'))
    await expect.poll(() => records.status().issues.trouble, { timeout: 45_000 }).toMatch(/in no block yet/)
    await records.journal.record(access)
    await records.flush()
    expect(records.status()).toMatchObject({ trouble: null, issues: { waiting: 1 } })
    node.fault = () => undefined
    await final(records, 'a')
    expect(await issued()).toEqual([hashOf('a')])
    expect((await readHistory(it, recorder)).records.length).toBeGreaterThan(1)
  })

  test('pass a report that the node refuses, and status says why it waits', async () => {
    const records = await open()
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32_000, message: 'no room for that' } })
    node.fault = (method, params) =>
      isIssue(method, params) ? { at: 'before', how: 'status', status: 200, body } : undefined
    await records.issueReport(report('a'))
    await expect.poll(() => records.status().issues.trouble, { timeout: 45_000 }).toMatch(/./)
    await records.journal.record(access)
    await records.flush()
    expect(records.status().trouble).toBeNull()
    expect(await issued()).toEqual([])
    node.fault = () => undefined
    await final(records, 'a')
  })

  test('keep half of each hour’s spending limit: reports stay signed, it says so, and they go out once it is raised', async () => {
    const records = await open()
    await records.flush()
    const spent = (): bigint => BigInt(records.status().spending.lastHourWei)
    const before = spent()
    const rules = { ...RULES, spendPerHour: 10n ** 18n }
    await records.setRules(rules)
    await records.flush()
    // Each change of the rules is a record: after the next one the half for reports is used up.
    await records.setRules({ ...rules, spendPerHour: 2n * spent() + (spent() - before) })
    await records.flush()
    await records.issueReport(report('a'))
    await expect
      .poll(() => records.status().issues.trouble, { timeout: 45_000 })
      .toMatch(/half of each hour’s spending limit/)
    expect(await issued()).toEqual([])
    const kept = spent()
    await records.setRules(rules)
    await final(records, 'a')
    expect(spent()).toBeGreaterThan(kept)
  })
})

const RULES = {
  ...{ rules: { test: true }, capture: () => ({ windowMs: 60_000, isSealed: false }) },
  ...{ anchorEveryMs: 100, batchMax: 500, heartbeatMs: 3_600_000, maxUnanchoredMs: 86_400_000, minFreeBytes: 0 },
  ...{ retentionMs: 400 * 86_400_000, minimumRetentionMs: 30 * 86_400_000 },
}

test('a recorder without ETH says so, and anchors the report once it has some', async () => {
  const records = await open()
  await records.flush()
  const balance = (wei: bigint) =>
    it.chain.rpc.request('anvil_setBalance', [recorder.account.address, `0x${wei.toString(16)}`])
  await balance(0n)
  await records.issueReport(report('a'))
  await expect.poll(() => records.status().issues.trouble, { timeout: 45_000 }).toMatch(/no ETH for gas/)
  expect(await issued()).toEqual([])
  await balance(10n ** 18n)
  await final(records, 'a')
  expect(await issued()).toEqual([hashOf('a')])
})

test('a recorder that was retired anchors no report, and says so', async () => {
  const records = await open()
  await records.journal.record(accessOf())
  await records.flush()
  await it.call('retireRecorder', [recorder.account.address])
  await records.issueReport(report('a'))
  await expect
    .poll(() => records.status().issues.trouble, { timeout: 45_000 })
    .toMatch(/retired or stopped: they stay signed/)
  expect(await issued()).toEqual([])
})
