/** A view with little room: less is granted than on chain, and never more. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccessRequest, authorize, type Decision, isAllowedBy } from '../../domain/authorize.ts'
import { type Address, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, CountryRule, DenialReason, LawfulBasis, Right } from '../../domain/enums.ts'
import { mustSeal } from '../../domain/sealing.ts'
import { isWildcard, topicIdOf } from '../../domain/topic-filter.ts'
import { View, type ViewEvent } from '../../domain/view.ts'
import { addressOf } from '../support/view-builder.ts'

const NOW = 1_000
const [OWNER, FRIEND, OTHER] = ['a', 'b', 'c'].map(addressOf) as [Address, Address, Address]

const registered = (filter: string, owner = OWNER, since = 0): ViewEvent => ({
  name: 'TopicRegistered',
  args: { topicId: topicIdOf(filter), filter, since, owner: isWildcard(filter) ? ZERO_ADDRESS : owner },
})
const granted = (filter: string, account: Address, grantId: number, until = 2_000): ViewEvent => ({
  name: 'GrantIssued',
  args: {
    ...{ topicId: topicIdOf(filter), account, grantId, until, right: Right.PUBLISH, grantor: OWNER },
    ...{ basis: LawfulBasis.CONTRACT, purpose: ZERO_BYTES32 },
  },
})
const ended = (filter: string, account: Address, grantId: number): ViewEvent => ({
  name: 'GrantEnded',
  args: { topicId: topicIdOf(filter), account, grantId, right: Right.PUBLISH, sender: OWNER },
})
const terms = (filter: string, isSealed: boolean, countryRule: CountryRule = CountryRule.ANYWHERE): ViewEvent => ({
  name: 'TermsSet',
  args: {
    ...{ topicId: topicIdOf(filter), setAt: 0, offers: 0, publishPrice: 0n, subscribePrice: 0n, period: 0 },
    ...{ countryRule, countries: 0n, isSealed },
  },
})

function viewOf(entriesPerName: number, events: readonly ViewEvent[]): View {
  const view = new View(entriesPerName)
  for (const event of events) view.apply(event)
  return view
}
const publish = (view: View, account: Address, topicName: string) =>
  authorize({ kind: 'publish', account, topicName }, view, NOW)

describe('rights beyond the room of a first-level name', () => {
  const full = [registered('a'), registered('b'), granted('a', FRIEND, 1)]

  test('are not granted, and the refusal says that it is our limit', () => {
    const view = viewOf(1, [...full, granted('a', OTHER, 2)])
    expect(publish(view, OTHER, 'a')).toMatchObject({ outcome: 'denied', reason: DenialReason.LIMIT_EXCEEDED })
    expect(publish(view, FRIEND, 'a')).toMatchObject({ outcome: 'allowed', grantId: 1 })
    expect(publish(view, OWNER, 'a/x').outcome).toBe('allowed')
    expect(view.shortfalls()).toEqual([{ name: 'a', topics: 0, rights: 1 }])
  })

  test('take no room from another name', () => {
    const view = viewOf(1, [...full, granted('a', OTHER, 2), granted('b', OTHER, 3)])
    expect(publish(view, OTHER, 'b').outcome).toBe('allowed')
  })

  test('leave revocations, shorter renewals and suspensions in force', () => {
    const short = [...full, granted('a', OTHER, 2)]
    const reasonAfter = (event: ViewEvent) => publish(viewOf(1, [...short, event]), FRIEND, 'a')
    expect(reasonAfter(ended('a', FRIEND, 1))).toMatchObject({ reason: DenialReason.GRANT_REVOKED })
    expect(reasonAfter(granted('a', FRIEND, 3, NOW))).toMatchObject({ reason: DenialReason.GRANT_EXPIRED })
    const suspended: ViewEvent = { name: 'AccountSuspended', args: { account: FRIEND, until: 2_000 } }
    expect(reasonAfter(suspended)).toMatchObject({ reason: DenialReason.WALLET_SUSPENDED })
  })

  test('make every login be sealed where one of them may reach into a sealed topic', () => {
    const login = { action: Action.CONNECT, account: OTHER, name: '' }
    const short = [...full, granted('a', OTHER, 2)]
    expect(mustSeal(viewOf(1, short), login)).toBe(false)
    expect(mustSeal(viewOf(1, [...short, terms('a', true)]), login)).toBe(true)
    expect(mustSeal(viewOf(1, [...short, terms('b', true)]), login)).toBe(false)
  })
})

describe('a topic beyond the room of its first-level name', () => {
  const view = viewOf(1, [registered('a'), registered('b'), granted('a', FRIEND, 1), registered('a/sold', OTHER)])

  test('closes the name: who owns what under it is not known any more', () => {
    for (const account of [OWNER, FRIEND, OTHER]) {
      expect(publish(view, account, 'a')).toMatchObject({ outcome: 'denied', reason: DenialReason.LIMIT_EXCEEDED })
      const wide = authorize({ kind: 'subscribe', account, topicFilter: 'a/#' }, view, NOW)
      expect(wide).toMatchObject({ outcome: 'denied', reason: DenialReason.LIMIT_EXCEEDED })
    }
    expect(publish(view, OWNER, 'b').outcome).toBe('allowed')
  })

  test('has what concerns the name sealed, since its terms are not known', () => {
    const seals = (action: Action, name: string) => mustSeal(view, { action, account: OWNER, name })
    expect(seals(Action.PUBLISH, 'a/sold/x')).toBe(true)
    expect(seals(Action.SUBSCRIBE, '+/sold')).toBe(true)
    expect(seals(Action.CONNECT, '')).toBe(true)
    expect(seals(Action.PUBLISH, 'b/x')).toBe(false)
  })
})

test('a copy and a snapshot know what there was no room for', () => {
  const view = viewOf(1, [registered('a'), granted('a', FRIEND, 1), granted('a', OTHER, 2)])
  for (const copy of [view.clone(), View.restore(JSON.parse(JSON.stringify(view.snapshot())), 1)]) {
    expect(copy.shortfalls()).toEqual([{ name: 'a', topics: 0, rights: 1 }])
    copy.apply(granted('a', OTHER, 3))
    expect(publish(copy, OTHER, 'a').outcome).toBe('denied')
  }
})

describe('whatever is written to the chain', () => {
  const FILTERS = ['a', 'a/x', 'a/x/y', 'a/#', 'a/+/y', 'b', 'b/#']
  const NAMES = ['a', 'a/x', 'a/x/y', 'a/z/y', 'b/x']
  const account = fc.constantFrom(OWNER, FRIEND, OTHER)
  const filter = fc.constantFrom(...FILTERS)
  const fact = fc.oneof(
    fc.tuple(filter, account).map(
      ([f, who]) =>
        (n: number) =>
          registered(f, who, n),
    ),
    fc.tuple(filter, account, fc.constantFrom(500, 2_000)).map(
      ([f, who, until]) =>
        (n: number) =>
          granted(f, who, n, until),
    ),
    fc.tuple(filter, account, fc.nat(30)).map(
      ([f, who, id]) =>
        () =>
          ended(f, who, id),
    ),
    fc.tuple(filter, fc.boolean(), fc.constantFrom(0, 1, 2)).map(
      ([f, sealed, rule]) =>
        () =>
          terms(f, sealed, rule as CountryRule),
    ),
    fc.tuple(filter, account).map(
      ([f, to]) =>
        (n: number): ViewEvent => ({
          name: 'TopicTransferred',
          args: { topicId: topicIdOf(f), to, since: n },
        }),
    ),
  )
  // As the contract has it: a topic is registered once, and rights, terms and transfers are of registered ones.
  const history = fc.array(fact, { maxLength: 30 }).map((facts) => {
    const known = new Set<string>()
    return facts
      .map((make, n) => make(n + 1))
      .filter(({ name, args }) => {
        const { topicId } = args as { topicId: string }
        if (name !== 'TopicRegistered') return known.has(topicId)
        return !known.has(topicId) && known.add(topicId)
      })
  })

  /** By the same right, or by that one among several. */
  function isAllowedToo(whole: View, request: AccessRequest, { topicId, grantId }: Decision): boolean {
    const decision = authorize(request, whole, NOW)
    if (decision.outcome === 'denied' || decision.grantId === grantId) return decision.outcome === 'allowed'
    const grant = whole.grant(topicId, request.account, Right.PUBLISH)
    return grant?.id === grantId && isAllowedBy(grant, request, whole, NOW)
  }

  test('a view with little room allows nothing that the whole one denies, and seals all that it seals', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 4 }), (events, room) => {
        const [whole, little] = [viewOf(Number.POSITIVE_INFINITY, events), viewOf(room, events)]
        for (const who of [OWNER, FRIEND, OTHER]) {
          const requests: AccessRequest[] = [
            ...NAMES.map((topicName) => ({ kind: 'publish' as const, account: who, topicName, country: 'DE' })),
            ...FILTERS.map((topicFilter) => ({ kind: 'subscribe' as const, account: who, topicFilter })),
          ]
          for (const request of requests) {
            const decided = authorize(request, little, NOW)
            if (decided.outcome === 'allowed') expect(isAllowedToo(whole, request, decided)).toBe(true)
          }
          for (const name of ['', ...NAMES]) {
            const asked = { action: name === '' ? Action.CONNECT : Action.PUBLISH, account: who, name }
            if (mustSeal(whole, asked)) expect(mustSeal(little, asked)).toBe(true)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
