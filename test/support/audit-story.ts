/**
 * @module A history on a real chain with one of each that a reader must judge: owner's and granted accesses, denials near
 * and far, sealed and broken records, grants that ended and expired.
 */
import type { Bytes32 } from '../../domain/bytes.ts'
import { Action, DenialReason, type Outcome, Outcome as Outcomes } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { type Account, startTestChain, type TestChain } from './chain.ts'
import { blockTime, type RecordedChain, startRecorder } from './recorded-chain.ts'

export interface AuditStory {
  it: TestChain
  recorder: RecordedChain
  device: Account
  guest: Account
  /** Unix seconds at which the guest's grant ends, and blocks before and after. */
  guestUntil: number
  beforeEnd: number
  afterEnd: number
  /** The last block before anything was recorded. */
  silentBlock: number
  /** What each record is about, by its sequence minus 1. */
  told: readonly string[]
}

export const HOUR = 3_600

export async function tellAuditStory(): Promise<AuditStory> {
  const it = await startTestChain()
  const [device, guest] = [await it.account(), await it.account()]
  await it.call('giveTopic', ['home', it.owner.address])
  for (const filter of ['home/#', 'home/kitchen', 'home/kitchen/#']) await it.call('registerTopic', [filter])
  await it.call('giveTopic', ['office', guest.address])
  await it.grant('home/#', device.address, 3) // grants 1 and 2, or later numbers: read, never assumed
  await it.grant('home', device.address, 1)
  await it.grant('home/kitchen/#', device.address, 1)
  await it.call('revoke', ['home/kitchen/#', device.address, 1])
  const guestUntil = (await blockTime(it)) + HOUR
  await it.grant('home/kitchen', guest.address, 2, guestUntil)
  const recorder = await startRecorder(it, await it.account())
  const silentBlock = await height(it)
  const { told, records } = accesses(it, device)
  await recorder.write(records.slice(0, 5))
  await recorder.write(records.slice(5))
  const beforeEnd = await height(it)
  await it.chain.rpc.request('evm_increaseTime', [2 * HOUR])
  await it.chain.rpc.request('anvil_mine', ['0x3']) // blocks without events
  const afterEnd = await height(it)
  return { it, recorder, device, guest, guestUntil, beforeEnd, afterEnd, silentBlock, told }
}

function accesses(it: TestChain, device: Account) {
  const denied = { outcome: Outcomes.DENIED, denialReason: DenialReason.NO_GRANT }
  const topic = (filter: string): { topicId: Bytes32 } => ({ topicId: topicIdOf(filter) })
  const account = device.address
  const all = {
    'granted on home/#': { account, ...topic('home/#'), grantId: 1 },
    'granted on home': { account, ...topic('home'), grantId: 3 },
    'by the owner of home': { account: it.owner.address, ...topic('home') },
    'granted on home/kitchen/#': { account, ...topic('home/kitchen/#'), grantId: 4, count: 7 },
    'denied under home': { account, ...topic('home'), ...denied },
    'denied under home, naming a grant': { account, ...topic('home'), ...denied, grantId: 3 },
    'denied under nothing': {
      account,
      ...denied,
      action: Action.SUBSCRIBE,
      denialReason: DenialReason.TOPIC_UNREGISTERED,
    },
    'granted on office': { account, ...topic('office') },
    connected: { account, action: Action.CONNECT },
    sealed: { action: 0, sealed: true, outcome: Outcomes.DENIED },
    'of a broken recorder': {
      ...topic('home/#'),
      action: 200 as Action,
      outcome: 9 as Outcome,
      denialReason: 999 as 0,
    },
  } as const
  return { told: Object.keys(all), records: Object.values(all) }
}

const height = async (it: TestChain): Promise<number> => Number(await it.chain.rpc.request<string>('eth_blockNumber'))
