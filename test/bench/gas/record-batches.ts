/** @module recordBatch at the sizes that matter, with records as they are in life: few accounts, few topics, metas with zeros. */
import { Action, Outcome } from '../../../domain/enums.ts'
import { encodeRecord } from '../../../domain/packed.ts'
import { topicIdOf } from '../../../domain/topic-filter.ts'
import type { Account, TestChain } from '../../support/chain.ts'
import type { Figure } from '../gas.ts'
import { measure } from './measure.ts'

/** Gas a record of the 2020 contract (DESIGN section 3). */
const IN_2020 = 28_878
const GOALS: Record<number, string> = { 100: 'goal 3300', 500: 'goal 3000' }
const ROOT = `0x${'ab'.repeat(32)}`

export async function measureBatches(it: TestChain): Promise<Figure[]> {
  const [recorder, ...accounts] = (await Promise.all([1, 2, 3, 4, 5, 6].map(() => it.account()))) as [
    Account,
    ...Account[],
  ]
  await it.call('addRecorder', [recorder.address])
  const figures: Figure[] = []
  let seq = 1n
  for (const count of [1, 10, 100, 500, 1_500]) {
    await nextSecond()
    const records = Buffer.concat(Array.from({ length: count }, (_, i) => recordOf(accounts, i)))
    const spent = await measure(it, recorder, 'recordBatch', [seq, records, ROOT, now(), now()])
    const name = `recordBatch of ${count}`
    seq += BigInt(count)
    figures.push({ name, value: spent.gas, unit: 'gas', comparedWith: `${count} records`, spent })
    const goal = [GOALS[count], `2020: ${IN_2020}`].filter(Boolean).join(', ')
    figures.push({
      name: `${name}, a record`,
      value: spent.gas / count,
      unit: 'gas',
      comparedWith: goal,
      spent: { ...spent, share: count },
    })
  }
  await nextSecond()
  const beat = await measure(it, recorder, 'recordBatch', [seq, '0x', ROOT, now(), now()])
  return [...figures, { name: 'heartbeat', value: beat.gas, unit: 'gas', comparedWith: 'no record', spent: beat }]
}

export function recordOf(accounts: readonly Account[], i: number): Uint8Array {
  return encodeRecord({
    account: accounts[i % accounts.length]!.address,
    topicId: topicIdOf(`t${i % 7}`),
    action: Action.PUBLISH,
    outcome: Outcome.ALLOWED,
    denialReason: 0,
    firstAt: 1_790_000_000 + i,
    span: 900,
    count: 32,
    grantId: i % 50,
    countIsLowerBound: false,
    sealed: false,
  })
}

const now = (): number => Math.floor(Date.now() / 1_000) - 1
const nextSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_100))
