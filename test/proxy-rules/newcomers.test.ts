import { describe, expect, test } from 'vitest'
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { Newcomers } from '../../proxy/rules/newcomers.ts'
import { PacedJournal, SHARED_SEQ } from '../../proxy/rules/paced-journal.ts'
import type { Access, AccessJournal } from '../../records/port.ts'
import { accessOf } from '../support/records.ts'
import { addressOf, ViewBuilder } from '../support/view-builder.ts'

const [owner, holder, heir, nobody] = [addressOf('a'), addressOf('b'), addressOf('c'), addressOf('d')]
const MINUTE = 60_000

function stage(limits = { newcomersPerMinute: 3, newcomersPerAddress: 2, recordsPerConnection: 2 }) {
  const built = new ViewBuilder()
  built.topic('home', owner)
  let now = 1_000 * MINUTE
  const chain = { isBehind: false }
  const isBehind = () => chain.isBehind
  const newcomers = new Newcomers({ limits, view: () => built.view, isBehind, now: () => now })
  const records: Access[] = []
  const windows: Access[] = []
  const inner = {
    record: async (access: Access) => ({ seq: records.push(access) }),
    window: (access: Access) => {
      windows.push(access)
      return { durable: Promise.resolve(), isDurable: true, add: () => true }
    },
    receipt: async (seq: number) => `receipt ${seq}`,
    closeConnection: () => {},
  } as unknown as AccessJournal
  const counters = { count: () => {} }
  const journal = new PacedJournal({ journal: inner, newcomers, limits, counters, now: () => now })
  return { built, chain, newcomers, records, windows, journal, pass: (ms: number) => (now += ms) }
}
const NOTHING = { name: '', bytes: 0, qos: 0 } as const
const from = (address: string) => ({ evidence: { address } })

describe('a newcomer', () => {
  test('is a wallet that owns nothing and never held a right; nobody in particular is none', () => {
    const { built, newcomers } = stage()
    expect([owner, holder, nobody].map((one) => newcomers.isOne(one))).toEqual([false, true, true])
    built.grant({ filter: 'home', account: holder, right: Right.SUBSCRIBE })
    expect(newcomers.isOne(holder)).toBe(false)
    built.end('home', holder, Right.SUBSCRIBE)
    expect(newcomers.isOne(holder)).toBe(false)
    expect(newcomers.isOne(ZERO_ADDRESS)).toBe(false)
  })

  test('is who handed over all that was his', () => {
    const { built, newcomers } = stage()
    const args = { topicId: topicIdOf('home'), from: owner, to: heir, since: built.next, offerId: 1 }
    built.view.apply({ name: 'TopicTransferred', args } as never)
    expect([owner, heir].map((one) => newcomers.isOne(one))).toEqual([true, false])
    const copy = built.view.clone()
    expect([owner, heir].map((one) => copy.ownsTopic(one))).toEqual([false, true])
  })

  test('has room by network, /64 of IPv6, and in sum, and again when a minute has passed', () => {
    const { newcomers, pass } = stage()
    expect([1, 2, 3].map((i) => newcomers.take(from(`2001:db8::${i}`)))).toEqual([true, true, false])
    expect(newcomers.hasRoom('192.0.2.1/32')).toBe(true)
    expect([1, 2].map((i) => newcomers.take(from(`192.0.2.${i}`)))).toEqual([true, false])
    pass(MINUTE)
    expect(newcomers.take(from('192.0.2.3'))).toBe(true)
  })
})

describe('while records wait long for the chain', () => {
  test('newcomers have no room, and whom somebody granted a right goes on', async () => {
    const { built, chain, newcomers, journal, records } = stage()
    built.grant({ filter: 'home', account: holder, right: Right.SUBSCRIBE })
    chain.isBehind = true
    expect([nobody, holder].map((one) => newcomers.mustWait(one, '192.0.2.1/32'))).toEqual([true, false])
    await journal.record(accessOf({ account: holder, ...from('192.0.2.1') }))
    expect(records).toHaveLength(1)
    chain.isBehind = false
    expect(newcomers.mustWait(nobody, '192.0.2.1/32')).toBe(false)
  })

  test('attempts that prove nothing are all told together', () => {
    const { chain, journal, windows } = stage()
    chain.isBehind = true
    const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.SIGNATURE_INVALID, action: Action.CONNECT }
    for (const network of ['192.0.2.1/32', '192.0.2.2/32'])
      journal.window({ ...accessOf({ ...denied, account: ZERO_ADDRESS }), network }, NOTHING)
    expect(windows.map(({ network }) => network)).toEqual(['others', 'others'])
  })
})

describe('the journal of connections', () => {
  const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT, action: Action.SUBSCRIBE }

  test('tells what a newcomer is denied beyond his room by network, and never hides who was allowed', async () => {
    const { journal, records, windows } = stage()
    const mine = { account: nobody, ...from('192.0.2.1'), topicId: topicIdOf('home') }
    for (let i = 0; i < 2; i++) await journal.record(accessOf({ ...denied, ...mine }))
    expect(records).toHaveLength(2)
    expect(await journal.record(accessOf({ ...denied, ...mine }))).toEqual({ seq: SHARED_SEQ })
    journal.window(accessOf({ ...denied, ...mine, action: Action.PUBLISH }), { name: 'home', bytes: 1, qos: 0 })
    for (const told of windows) expect(told).toMatchObject({ account: ZERO_ADDRESS, network: '192.0.2.1/32' })
    expect(windows.map(({ topicId, connectionId }) => [topicId, connectionId])).toEqual(
      windows.map(() => [ZERO_BYTES32, undefined]),
    )
    await journal.record(accessOf({ ...mine, action: Action.AUTHENTICATE }))
    expect(windows.at(-1)).toMatchObject({ account: nobody, isCrowded: true })
    expect(windows.at(-1)?.network).toBeUndefined()
  })

  test('tells attempts that prove nothing by network while there is room for new ones, then among all others', () => {
    const { journal, windows, pass } = stage()
    const attempt = (network: string) =>
      journal.window({ ...accessOf({ ...denied, action: Action.CONNECT, account: ZERO_ADDRESS }), network }, NOTHING)
    for (const i of [1, 2, 3, 4, 5, 1]) attempt(`2001:db8:0:${i}::/64`)
    expect(windows.map(({ network }) => network?.split(':')[3] ?? network)).toEqual([
      '1',
      '2',
      '3',
      'others',
      'others',
      '1',
    ])
    // Whatever the rules say of the action, all others share.
    expect(windows[4]).toMatchObject({ denialReason: DenialReason.LIMIT_EXCEEDED, evidence: {}, isCrowded: true })
    pass(MINUTE)
    attempt('2001:db8:0:6::/64')
    expect(windows.at(-1)?.network).toBe('2001:db8:0:6::/64')
  })

  test('names no wallet, key or login in what is told by network: others are counted with it', async () => {
    const { journal, windows } = stage()
    const evidence = { address: '192.0.2.1', clientId: 'its', behind: 7, device: heir }
    for (let i = 0; i < 3; i++) await journal.record(accessOf({ ...denied, account: nobody, evidence }))
    expect(windows).toHaveLength(1)
    expect(windows[0]?.evidence).toEqual({ address: '192.0.2.1', clientId: 'its' })
  })

  test('gives a connection its records, beyond them equal ones in common, and new ones as time passes, not as it renews', async () => {
    const { journal, records, windows, pass } = stage()
    const access = accessOf({ account: owner, connectionId: 7, action: Action.SUBSCRIBE })
    for (let i = 0; i < 5; i++) await journal.record(access)
    expect([records.length, windows.length]).toEqual([2, 3])
    expect(windows[0]).toMatchObject({ account: owner, connectionId: 7, isCrowded: true })
    journal.closeConnection(7)
    await journal.record(access)
    expect(records).toHaveLength(2)
    pass(MINUTE)
    await journal.record(access)
    expect(records).toHaveLength(3)
  })

  test('promises nothing of a record that is shared', async () => {
    const { journal } = stage()
    await expect(journal.receipt(SHARED_SEQ)).rejects.toThrow('no record of its own')
    expect(await journal.receipt(7)).toBe('receipt 7')
  })
})
