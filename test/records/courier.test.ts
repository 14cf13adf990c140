/** What a nonce has cost, where the node's answers do not say it: never less than was paid. */
import { Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { createSender } from '../../contracts/rpc/transact.ts'
import type { JournalThread } from '../../records/journal/journal-thread.ts'
import { Courier } from '../../records/recorder/courier.ts'
import { Purse } from '../../records/recorder/purse.ts'
import { Spending } from '../../records/recorder/spending.ts'

const STUCK_MS = 30
const PARCEL = { data: '0x00', usualGas: 100_000n } as const

/** A node that takes or refuses what it is sent as the test says, and mines nothing. */
async function stage() {
  const refusals: string[] = []
  const answers: Record<string, unknown> = {
    eth_getTransactionCount: '0x0',
    eth_estimateGas: '0x186a0',
    eth_getBlockByNumber: { baseFeePerGas: '0x3b9aca00' },
    eth_maxPriorityFeePerGas: '0x3b9aca00',
  }
  const node: Rpc = {
    name: 'node',
    async request<T>(method: string): Promise<T> {
      const refusal = method === 'eth_sendRawTransaction' ? refusals.shift() : undefined
      if (refusal !== undefined) throw new RpcError('RPC_ERROR', refusal)
      return (answers[method] ?? null) as T
    },
  }
  let now = 0
  const clock = () => now
  const thread = { call: async () => undefined } as unknown as JournalThread
  const purse = await Purse.open({ thread, address: `0x${'11'.repeat(20)}`, spendPerHour: 10n ** 18n, clock })
  const sender = createSender(node, Wallet.createRandom().privateKey)
  const contract = `0x${'22'.repeat(20)}` as const
  const rest = { sender, contract, chainId: 1n, maxFeePerGas: 10n ** 12n, stuckAfterMs: STUCK_MS, clock }
  const courier = new Courier(rest)
  return {
    refusals,
    purse,
    later: () => {
      now += STUCK_MS
    },
    /** Resolves with the code of what came of it. */
    async bring(): Promise<string> {
      try {
        for await (const _ of courier.bring(node, [PARCEL], purse)) return 'mined'
      } catch (error) {
        return (error as { code: string }).code
      }
      return 'nothing'
    },
    counted: () => purse.countedFor(0),
  }
}

describe('what is counted for a nonce', () => {
  test('is nothing where the node refused all that was ever sent under it', async () => {
    const { bring, counted, refusals } = await stage()
    refusals.push('insufficient funds for gas')
    expect(await bring()).toBe('INSUFFICIENT_FUNDS')
    expect(counted()).toBe(0n)
  })

  for (const [refusal, code] of [
    ['nonce too low', 'NONCE_TOO_LOW'],
    ['insufficient funds for gas', 'INSUFFICIENT_FUNDS'],
  ] as const)
    test(`stays what the first transaction may have cost, where its replacement is refused: ${refusal}`, async () => {
      const { bring, counted, refusals, later } = await stage()
      expect(await bring()).toBe('NOT_MINED')
      const feared = counted()
      expect(feared).toBeGreaterThan(0n)
      later()
      refusals.push(refusal)
      expect(await bring()).toBe(code)
      expect(counted()).toBe(feared)
    })
})

describe('a clock that is set back', () => {
  const HOUR = 3_600_000

  test('frees nothing that was spent, and time goes on once it has caught up', () => {
    let now = 10 * HOUR
    const spending = new Spending(() => now)
    spending.note(1, 70n, 1)
    now -= 2 * HOUR
    expect(spending.left(100n)).toBe(30n)
    spending.note(2, 30n, 1)
    now += 2 * HOUR + 1
    expect(spending.left(100n)).toBe(0n)
    now += HOUR
    expect(spending.left(100n)).toBe(100n)
  })

  test('frees nothing over a restart either, for an hour from then on', () => {
    let now = 10 * HOUR
    const before = new Spending(() => now)
    before.note(1, 70n, 1)
    now -= 2 * HOUR
    const after = new Spending(() => now, before.toString())
    expect(after.left(100n)).toBe(30n)
    now += HOUR + 1
    expect(after.left(100n)).toBe(100n)
  })
})
