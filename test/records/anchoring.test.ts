/** The recorder's way to the chain: fees, money, endpoints that lie or lose answers, and its end. */
import { parseEther } from 'ethers'
import { afterAll, test as base, beforeAll, describe, expect as expectThat, onTestFinished } from 'vitest'
import { createRpc, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Hex } from '../../domain/bytes.ts'
import type { JournalThread } from '../../records/journal/journal-thread.ts'
import type { RecordsOptions } from '../../records/open-records.ts'
import type { Records } from '../../records/port.ts'
import { Purse } from '../../records/recorder/purse.ts'
import { Spending } from '../../records/recorder/spending.ts'
import { WaitingTime } from '../../records/recorder/waiting-time.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type Fault, type LimitedNode, startLimitedNode } from '../support/limited-node.ts'
import { accessOf, addTestRecorder, RULES, readHistory, type TestRecorder } from '../support/records.ts'

let it: TestChain
let rpc: Rpc
/** One at a time signs as the contract's owner. */
let asOwner: Promise<unknown> = Promise.resolve()

beforeAll(async () => {
  it = await startTestChain()
  rpc = createRpc(it.chain.url)
})
afterAll(() => it.stop())

interface Stage {
  recorder: TestRecorder
  first: LimitedNode
  second: LimitedNode
  /** Both nodes, the first preferred. */
  rpcUrl: string
  open(more?: Partial<RecordsOptions>): Promise<Records>
  nonce(block?: string): Promise<number>
  nextSeq(): Promise<number>
  owner<T>(work: () => Promise<T>): Promise<T>
}

/** Each test has a recorder and two nodes of its own: they wait side by side. */
const test = base.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one
  stage: async ({}, use) => {
    const owner: Stage['owner'] = (work) => {
      const done = asOwner.then(work)
      asOwner = done.catch(() => undefined)
      return done
    }
    const recorder = await owner(() => addTestRecorder(it))
    const { address } = recorder.account
    const [first, second] = [await startLimitedNode(it.chain.url), await startLimitedNode(it.chain.url)]
    const opened: Records[] = []
    await use({
      recorder,
      first,
      second,
      rpcUrl: `${first.url},${second.url}`,
      owner,
      async open(more) {
        const records = await recorder.open(more)
        opened.push(records)
        return records
      },
      nonce: async (block = 'latest') => Number(await rpc.request<string>('eth_getTransactionCount', [address, block])),
      nextSeq: async () => Number((await it.read('recorders', [address]))[2]),
    })
    for (const node of [first, second]) node.fault = () => undefined
    for (const records of opened) await records.stop().catch(() => undefined) // some were stopped by their test
    await Promise.all([first.stop(), second.stop()])
  },
})

const mine = (blocks = 1): Promise<unknown> => rpc.request('anvil_mine', [`0x${blocks.toString(16)}`])
/** Unix seconds that a block of now would have. */
const chainTime = async (): Promise<number> =>
  Number((await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['pending', false])).timestamp)
const isSend = (method: string): boolean => method === 'eth_sendRawTransaction'
const BEFORE: Fault = { at: 'before', how: 'hang-up' }

interface Transaction {
  hash: Hex
  nonce: Hex
  maxFeePerGas: Hex
  maxPriorityFeePerGas: Hex
  input: Hex
}

/** What waits for a block, of this recorder. */
async function waiting({ account }: TestRecorder): Promise<Transaction[]> {
  const { pending } = await rpc.request<{ pending: Record<string, Record<string, Transaction>> }>('txpool_content')
  const mine = Object.entries(pending).find(([address]) => address.toLowerCase() === account.address)
  return Object.values(mine?.[1] ?? {})
}

describe.concurrent('a recorder', () => {
  test('that is retired records what it decided, up to its retirement, then sends no more and says what to do', async ({
    stage: { open, nonce, recorder, owner },
    expect,
  }) => {
    const records = await open()
    const added = records.status().through
    await records.journal.record(accessOf())
    const window = records.journal.window(accessOf(), { name: 'home/a', bytes: 1, qos: 0 })
    await window.durable
    // By the chain's clock, which need not be ours: a retirement cuts off what was decided after it.
    const decided = Math.max(Date.now() / 1_000, added + 1)
    await expect.poll(chainTime, { timeout: 45_000 }).toBeGreaterThan(decided)
    const { blockNumber } = await owner(() => it.call('retireRecorder', [recorder.account.address]))
    const { timestamp } = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', [
      `0x${blockNumber.toString(16)}`,
      false,
    ])
    await expect.poll(() => records.status().trouble, { timeout: 45_000 }).toMatch(/was retired, and all .* on chain/)
    await expect(records.journal.record(accessOf())).rejects.toMatchObject({ code: 'RECORDER_NOT_ACTIVE' })
    await expect.poll(() => records.status().through).toBeGreaterThanOrEqual(Number(timestamp))
    expect((await readHistory(it, recorder)).records).toHaveLength(3)
    const sent = await nonce()
    await records.stop()
    const again = await open()
    await expect.poll(() => again.status().trouble, { timeout: 45_000 }).toMatch(/was retired, and all/)
    expect([await nonce(), again.status().unbatched]).toEqual([sent, 0])
  })

  test('that is stopped keeps its journal, and is refused with the remedy at the next start', async ({
    stage: { open, recorder, owner },
    expect,
  }) => {
    const records = await open()
    await records.flush()
    await owner(() => it.call('stopRecorder', [recorder.account.address]))
    await expect.poll(() => records.status().trouble).toMatch(/stopped this recorder.*journal\.sqlite/)
    await records.stop()
    await expect(recorder.open()).rejects.toMatchObject({
      code: 'RECORDER_NOT_ACTIVE',
      message: expect.stringContaining('final'),
    })
  })
})

/** No transaction is mined until the test ends. */
async function holdBlocks(): Promise<void> {
  await rpc.request('evm_setAutomine', [false])
  onTestFinished(async () => {
    await rpc.request('evm_setAutomine', [true])
    await mine()
  })
}

describe('a batch that is stuck', () => {
  test('is replaced under its nonce, with the same call, at fees a tenth higher or more, and recorded once', async ({
    stage: { open, nonce, nextSeq, recorder },
    expect,
  }) => {
    await holdBlocks()
    await open({ stuckAfterMs: 150 })
    await expect.poll(async () => (await waiting(recorder)).length).toBe(1)
    const [before] = await waiting(recorder)
    const raised = async () => Number((await waiting(recorder))[0]?.maxFeePerGas) / Number(before?.maxFeePerGas)
    await expect.poll(raised, { timeout: 45_000 }).toBeGreaterThan(1.2)
    const [after] = await waiting(recorder)
    expect(await waiting(recorder)).toHaveLength(1)
    expect([after?.nonce, after?.input]).toEqual([before?.nonce, before?.input])
    expect(Number(after?.maxPriorityFeePerGas) / Number(before?.maxPriorityFeePerGas)).toBeGreaterThan(1.1)
    await mine()
    await expect.poll(nextSeq).toBe(2)
    expect(await nonce('pending')).toBe(1)
  })

  test('since before a restart, at fees that nobody remembers, is replaced too, and recorded once', async ({
    stage: { open, nextSeq, recorder },
    expect,
  }) => {
    await holdBlocks()
    const records = await open({ stuckAfterMs: 150 })
    await expect.poll(async () => (await waiting(recorder)).length).toBe(1)
    await records.stop()
    const [before] = await waiting(recorder)
    await open({ stuckAfterMs: 150 })
    const raised = async () => Number((await waiting(recorder))[0]?.maxFeePerGas) / Number(before?.maxFeePerGas)
    await expect.poll(raised, { timeout: 45_000 }).toBeGreaterThan(1.1)
    expect((await waiting(recorder))[0]?.nonce).toBe(before?.nonce)
    await rpc.request('evm_setAutomine', [true])
    await mine()
    await expect.poll(nextSeq, { timeout: 45_000 }).toBeGreaterThan(2)
    expect((await readHistory(it, recorder)).records.length).toBeGreaterThan(1)
  })

  test('never costs more a gas than allowed: it waits, and says why', async ({ stage: { open, nonce }, expect }) => {
    await rpc.request('anvil_setNextBlockBaseFeePerGas', [`0x${(100n * 10n ** 9n).toString(16)}`])
    await mine()
    const records = await open({ maxFeePerGas: 10n ** 9n })
    await expect.poll(() => records.status().trouble).toMatch(/Gas costs .* gwei/)
    expect(await nonce('pending')).toBe(0)
    await rpc.request('anvil_setNextBlockBaseFeePerGas', ['0x1'])
    await mine()
  })
})

describe('a chain whose clock is behind ours', () => {
  test('has a batch as soon as it takes one, however far away the next round is', async ({ stage, expect }) => {
    const ours = () => Math.floor(Date.now() / 1_000)
    await rpc.request('evm_setTime', [ours() - 3])
    onTestFinished(async () => void (await rpc.request('evm_setTime', [ours()])))
    const records = await stage.open({ anchorEveryMs: 3_600_000 })
    await records.flush()
    await expect.poll(async () => ours() - (await chainTime())).toBeGreaterThan(1)
    const { seq } = await records.journal.record(accessOf())
    records.journal.hurry()
    await expect.poll(() => records.status().trouble).toMatch(/clock is behind ours/)
    await expect.poll(stage.nextSeq).toBe(seq + 1)
    await expect.poll(() => records.status().trouble).toBeNull()
  })
})

describe('several batches', () => {
  const SOME = Array.from({ length: 9 })

  /** In the order of their nonces. */
  const inOrder = async (recorder: TestRecorder): Promise<Transaction[]> =>
    (await waiting(recorder)).sort((a, b) => Number(a.nonce) - Number(b.nonce))

  /** Opens, then lets no block be mined, and resolves once nine records are out, two in each batch. */
  async function sendFive({ open, recorder }: Stage, more: Partial<RecordsOptions> = {}) {
    const records = await open({ batchMax: 2, anchorEveryMs: 3_600_000, ...more })
    await records.flush()
    await holdBlocks()
    await Promise.all(SOME.map(() => records.journal.record(accessOf())))
    records.journal.hurry()
    await expectThat.poll(async () => (await waiting(recorder)).length, { timeout: 45_000 }).toBe(5)
    return { records, out: await inOrder(recorder) }
  }
  const mineAll = async (): Promise<void> => {
    await rpc.request('evm_setAutomine', [true])
    await mine()
  }
  const recorded = async (recorder: TestRecorder): Promise<number> =>
    (await readHistory(it, recorder)).records.filter(({ action }) => action === accessOf().action).length

  test('are on their way at once, under nonces one after the other, and recorded once each', async ({
    stage,
    expect,
  }) => {
    const { records, out } = await sendFive(stage)
    const first = await stage.nonce()
    expect(out.map(({ nonce }) => Number(nonce) - first)).toEqual([0, 1, 2, 3, 4])
    await mineAll()
    await records.flush()
    expect(await recorded(stage.recorder)).toBe(SOME.length)
    expect(await stage.nonce('pending')).toBe(await stage.nonce())
  })

  test('of which the node drops the first: it goes out again as it was, and all are recorded once', async ({
    stage,
    expect,
  }) => {
    const { records, out } = await sendFive(stage, { stuckAfterMs: 500 })
    await rpc.request('anvil_dropTransaction', [out[0]?.hash])
    records.journal.hurry()
    const isBack = async () => (await inOrder(stage.recorder)).map(({ input }) => input)
    await expect.poll(isBack, { timeout: 45_000 }).toEqual(out.map(({ input }) => input))
    await mineAll()
    await records.flush()
    expect(await recorded(stage.recorder)).toBe(SOME.length)
  })

  test('that were out when the process ended are followed up by the next one, and recorded once each', async ({
    stage,
    expect,
  }) => {
    const { records, out } = await sendFive(stage, { stuckAfterMs: 300 })
    await records.stop()
    const again = await stage.open({ batchMax: 2, stuckAfterMs: 300, anchorEveryMs: 3_600_000 })
    await expect.poll(() => again.status().trouble, { timeout: 45_000 }).not.toBeNull()
    const now = (await inOrder(stage.recorder)).map(({ input }) => input)
    expect(now.slice(0, 5)).toEqual(out.map(({ input }) => input))
    await mineAll()
    await again.flush()
    expect(await recorded(stage.recorder)).toBe(SOME.length)
  })
})

describe.concurrent('the spending limit', () => {
  test('is never exceeded, also after a restart; records wait, it says so, and they go out once it is raised', async ({
    stage: { open, nonce, recorder },
    expect,
  }) => {
    const records = await open()
    await records.flush()
    const cost = BigInt(records.status().spending.lastHourWei)
    expect(cost).toBeGreaterThan(0n)
    const spendPerHour = cost * 4n // enough for one batch more, and not for two
    await records.setRules({ ...RULES, spendPerHour })
    // How many share a batch depends on the machine: one after the other until the money is used up.
    let recorded = 0
    for (; recorded < 200 && !/spending limit/i.test(records.status().trouble ?? ''); recorded++) {
      await records.journal.record(accessOf())
      await new Promise((resolve) => setTimeout(resolve, 80))
    }
    await expect.poll(() => records.status().trouble, { timeout: 45_000 }).toMatch(/spending limit/i)
    const { lastHourWei, limitWei } = records.status().spending
    expect(limitWei).toBe(spendPerHour.toString())
    expect(BigInt(lastHourWei)).toBeLessThanOrEqual(spendPerHour)
    const sent = await nonce()
    await records.stop()

    const again = await open({ spendPerHour })
    await expect.poll(() => again.status().trouble, { timeout: 45_000 }).toMatch(/spending limit/i)
    expect(await nonce()).toBe(sent)
    await again.setRules({ ...RULES, spendPerHour: parseEther('1') })
    await again.flush()
    expect(again.status().trouble).toBeNull()
    const { records: all } = await readHistory(it, recorder)
    expect(all.filter(({ action }) => action === accessOf().action)).toHaveLength(recorded)
  })

  test('says when what waits would take a quarter of maxUnanchored, and that it is over once more may be spent', async ({
    stage: { open },
    expect,
  }) => {
    const records = await open()
    await records.flush()
    const cost = BigInt(records.status().spending.lastHourWei)
    const accesses = Array.from({ length: 30 }, () => accessOf())
    await records.setRules({ ...RULES, spendPerHour: cost * 2n })
    await Promise.all(accesses.map((access) => records.journal.record(access)))
    await expect.poll(() => records.status().trouble, { timeout: 45_000 }).toMatch(/spending limit/i)
    expect([records.journal.isBehind(), records.status().warning]).toEqual([false, null])

    await records.setRules({ ...RULES, spendPerHour: cost * 2n, maxUnanchoredMs: 3_600_000 })
    await expect.poll(() => records.journal.isBehind(), { timeout: 45_000 }).toBe(true)
    expect(records.journal.unavailable()).toBeUndefined()
    expect(records.status()).toMatchObject({
      isBehind: true,
      warning: expect.stringMatching(/spendPerHour.*rules reload/),
    })

    await records.setRules({ ...RULES, spendPerHour: parseEther('1') })
    await records.flush()
    await expect.poll(() => records.journal.isBehind(), { timeout: 45_000 }).toBe(false)
  })

  test('is no limit where gas costs nothing, as on closed networks', async ({ expect }) => {
    const thread = { call: async () => undefined } as unknown as JournalThread
    const rest = { thread, address: `0x${'11'.repeat(20)}`, clock: Date.now } as const
    const purse = await Purse.open({ ...rest, spendPerHour: 1n })
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }
    expect(purse.afford(free, { most: 500, waiting: 7 })).toEqual({ records: 500, wait: 0 })
    expect(purse.timeFor(7)).toBe(0)
  })

  test('frees what an hour ago was spent, and counts a transaction once, at its worst until it is known', ({
    expect,
  }) => {
    let now = 1_000_000_000_000
    const spending = new Spending(() => now)
    spending.note(1, 50n, 0)
    spending.note(1, 30n, 10)
    expect(spending.left(100n)).toBe(70n)
    expect(spending.left(100n, 1)).toBe(100n)
    now += 1_800_000
    spending.note(2, 60n, 10)
    expect([spending.waitFor(10n, 100n), spending.waitFor(11n, 100n)]).toEqual([0, 1_800_000])
    expect(spending.waitFor(101n, 100n)).toBe(Number.POSITIVE_INFINITY)
    const reborn = new Spending(() => now, spending.toString())
    expect(reborn.lastHour()).toEqual({ wei: 90n, gas: 20 })
    now += 1_800_001
    expect(reborn.lastHour()).toEqual({ wei: 60n, gas: 10 })
    expect(new Spending(() => now, 'no spending').left(7n)).toBe(7n)
  })

  test('a balance that ends within a day is warned of while there is time', async ({
    stage: { open, recorder },
    expect,
  }) => {
    const records = await open()
    await records.flush()
    expect(records.status().warning).toBeNull()
    const spent = BigInt(records.status().spending.lastHourWei)
    await it.chain.fund(recorder.account.address, spent * 5n)
    await records.journal.record(accessOf())
    await expect.poll(() => records.status().warning, { timeout: 45_000 }).toMatch(/ETH left.*Send it some/)
    expect(records.journal.unavailable()).toBeUndefined()
    await it.chain.fund(recorder.account.address, parseEther('10'))
    await records.journal.record(accessOf())
    await expect.poll(() => records.status().warning, { timeout: 45_000 }).toBeNull()
  })
})

describe.concurrent('an endpoint', () => {
  test.for<[string, Fault]>([
    ['before a batch reached it', BEFORE],
    ['after a batch took effect', { at: 'after', how: 'hang-up' }],
  ])(
    'that fails %s: it is recorded once, by one transaction',
    async ([, fault], { stage: { open, nonce, nextSeq, recorder, first, second, rpcUrl }, expect }) => {
      let faults = 2
      for (const node of [first, second]) {
        node.fault = (method) => (isSend(method) && faults-- > 0 ? fault : undefined)
      }
      const records = await open({ rpcUrl })
      await expect.poll(nextSeq, { timeout: 45_000 }).toBe(2)
      expect(await nonce('pending')).toBe(1)
      await records.flush()
      expect((await readHistory(it, recorder)).records).toHaveLength(1)
    },
  )

  test('that lies about a receipt is found out by another, and the batch recorded through that one', async ({
    stage: { open, nextSeq, recorder, first, second, rpcUrl },
    expect,
  }) => {
    // It swallows what is sent, and tells of a block that holds it.
    first.fault = (method) => (isSend(method) ? { at: 'before', how: 'lie', result: '0x00' } : undefined)
    const head = await rpc.request<{ number: Hex; hash: Hex }>('eth_getBlockByNumber', ['latest', false])
    first.lie = (method, result) =>
      method === 'eth_getTransactionReceipt'
        ? { status: '0x1', blockNumber: head.number, blockHash: head.hash, gasUsed: '0x1', effectiveGasPrice: '0x1' }
        : result
    const records = await open({ rpcUrl })
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(2)
    expect(second.count('eth_sendRawTransaction')).toBeGreaterThan(0)
    await records.flush()
    expect((await readHistory(it, recorder)).records).toHaveLength(1)
  })

  test('and all others away for long: nothing is lost, nobody let in after the limit, and all resumes by itself', async ({
    stage: { open, recorder, first, second, rpcUrl },
    expect,
  }) => {
    const records = await open({ rpcUrl, maxUnanchoredMs: 1_500 })
    await records.flush()
    for (const node of [first, second]) node.fault = () => BEFORE
    const given: number[] = []
    await expect
      .poll(
        async () => {
          const { seq } = await records.journal.record(accessOf()).catch(() => ({ seq: 0 }))
          if (seq > 0) given.push(seq)
          return records.journal.unavailable()
        },
        { timeout: 15_000, interval: 100 },
      )
      .toBe('UNANCHORED_TOO_LONG')
    await expect(records.journal.record(accessOf())).rejects.toMatchObject({ code: 'UNANCHORED_TOO_LONG' })
    for (const node of [first, second]) node.fault = () => undefined
    await expect.poll(() => records.journal.unavailable(), { timeout: 45_000 }).toBeUndefined()
    await records.flush()
    const { records: all } = await readHistory(it, recorder)
    expect(all.map(({ seq }) => Number(seq))).toEqual([1, ...given])
  }, 40_000)
})

describe('a chain that loses blocks, and an endpoint', () => {
  test('that lies about what the contract holds makes nobody forget: the batch stays, and is sent when it tells the truth', async ({
    stage: { open, nextSeq, recorder, first, rpcUrl },
    expect,
  }) => {
    const snapshot = await rpc.request('evm_snapshot', [])
    const records = await open({ rpcUrl, confirmations: 4 })
    await records.journal.record(accessOf())
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(3)
    const answers = new Map<string, unknown>()
    const callOf = (params: readonly unknown[]): string => JSON.stringify(params[0])
    first.lie = (method, result, params) => {
      if (method === 'eth_call') answers.set(callOf(params), result)
      return result
    }
    await expect.poll(() => answers.size).toBeGreaterThan(0)
    // The chain loses the batches; the first endpoint goes on telling of them.
    first.lie = (method, result, params) => (method === 'eth_call' ? (answers.get(callOf(params)) ?? result) : result)
    await rpc.request('evm_revert', [snapshot])
    await mine(12)
    await expect.poll(() => records.status().trouble, { timeout: 45_000 }).toMatch(/disagree about block/)
    await expect.poll(() => records.status().unanchored).toBe(2)

    first.lie = (_, result) => result
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(3)
    await mine(4)
    await records.flush()
    expect((await readHistory(it, recorder)).records).toHaveLength(2)
  })

  test('and another that tells of batches that are not there: nobody is let in too long, and status says what to do', async ({
    stage: { open, nextSeq, recorder, second, rpcUrl },
    expect,
  }) => {
    const snapshot = await rpc.request('evm_snapshot', [])
    const records = await open({ rpcUrl, confirmations: 4 })
    await records.journal.record(accessOf())
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(3)
    const answers = new Map<string, unknown>()
    second.lie = (method, result, params) => {
      if (method === 'eth_call' && params[1] === 'latest') answers.set(JSON.stringify(params), result)
      return result
    }
    await expect.poll(() => answers.size).toBeGreaterThan(0)
    expect(records.journal.unavailable()).toBeUndefined()
    second.lie = (_method, result, params) => answers.get(JSON.stringify(params)) ?? result
    await rpc.request('evm_revert', [snapshot])
    await records.setRules({ ...RULES, maxUnanchoredMs: 1_000 })
    await expect.poll(() => records.journal.unavailable(), { timeout: 45_000 }).toBe('UNANCHORED_TOO_LONG')
    await expect
      .poll(() => records.status().trouble)
      .toMatch(/^UNANCHORED_TOO_LONG: .*maxUnanchored.*npx flytrap doctor/)
    await records.stop()

    const again = await open({ rpcUrl, confirmations: 4, stuckAfterMs: 300 })
    await expect
      .poll(() => again.status().trouble, { timeout: 45_000 })
      .toMatch(/^ENDPOINTS_DISAGREE: .*whether the contract holds it.*FLYTRAP_RPC_URL/)
    second.lie = (_, result) => result
    await expect.poll(nextSeq, { timeout: 45_000 }).toBe(5) // with the POLICY records of the rules and of the second start
    await mine(4)
    await again.flush()
    expect(again.status().trouble).toBeNull()
    expect((await readHistory(it, recorder)).records).toHaveLength(4)
  })
})

describe('how long a record waits', () => {
  const at = (nowMs: number, nextSeq: number, doneSeq: number) => ({ nowMs, nextSeq, doneSeq, sinceMs: 400 })

  test('is told from when it closed, and from its access where that was before this start', ({ expect }) => {
    const waiting = new WaitingTime()
    expect(waiting.note(at(1_000, 5, 3), 100)).toBe(600)
    expect(waiting.note(at(1_100, 7, 3), 100)).toBe(700)
    expect(waiting.note(at(1_300, 9, 5), 100)).toBe(200) // 5 and 6 closed by 1100
    expect(waiting.note(at(1_400, 9, 9), 100)).toBe(0)
    expect(waiting.note(at(9_000, 10, 9), 100)).toBe(0)
    expect(waiting.note(at(9_500, 10, 9), 100)).toBe(500)
  })

  test('keeps few marks of a long outage, and is never told too short for it', ({ expect }) => {
    const waiting = new WaitingTime()
    waiting.note(at(400, 1, 1), 1_000)
    for (let second = 1; second <= 100; second++) waiting.note(at(1_000 + second, 1 + second, 1), 1_000)
    expect(waiting.note(at(1_101, 102, 52), 1_000)).toBeGreaterThanOrEqual(50)
  })
})
