import { beforeEach, describe, expect, test } from 'vitest'
import { authorize, authorizeConfirmed, type Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { DenialReason, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { View } from '../../domain/view.ts'
import { addressOf, ViewBuilder } from '../support/view-builder.ts'

const [owner, other, device] = [addressOf('a'), addressOf('b'), addressOf('d')]
const NOW = 1_000

let build: ViewBuilder

beforeEach(() => {
  build = new ViewBuilder()
  build.topic('home', owner)
})

const publish = (topicName: string, account = device, now = NOW): Decision =>
  authorize({ kind: 'publish', account, topicName }, build.view, now)
const deliver = (topicName: string, account = device, now = NOW): Decision =>
  authorize({ kind: 'deliver', account, topicName }, build.view, now)
const subscribe = (topicFilter: string, account = device, now = NOW): Decision =>
  authorize({ kind: 'subscribe', account, topicFilter }, build.view, now)
const reasonOf = (decision: Decision): DenialReason | undefined =>
  decision.outcome === 'denied' ? decision.reason : undefined

describe('an owner', () => {
  test('may publish and subscribe everywhere below the literal topic, with no grant', () => {
    const allowed = { outcome: 'allowed', topicId: topicIdOf('home'), grantId: 0 }
    expect(publish('home/kitchen/temperature', owner)).toEqual(allowed)
    expect(deliver('home', owner)).toEqual(allowed)
    expect(subscribe('home/#', owner)).toEqual(allowed)
    expect(subscribe('home/+/temperature', owner)).toEqual(allowed)
  })

  test('may not reach what lies beside or above', () => {
    expect(reasonOf(publish('homes', owner))).toBe(DenialReason.TOPIC_UNREGISTERED)
    expect(reasonOf(subscribe('#', owner))).toBe(DenialReason.TOPIC_UNREGISTERED)
    expect(reasonOf(subscribe('+/kitchen', owner))).toBe(DenialReason.TOPIC_UNREGISTERED)
  })

  test('rules down to the next literal topic of somebody else, and no further', () => {
    build.topic('home/flat', other)
    expect(reasonOf(publish('home/flat/door', owner))).toBe(DenialReason.NO_GRANT)
    expect(reasonOf(deliver('home/flat', owner))).toBe(DenialReason.NO_GRANT)
    expect(publish('home/flat/door', other).outcome).toBe('allowed')
  })
})

describe('a grant', () => {
  test('gives its own right on its own topic, and the record names it', () => {
    build.topic('home/kitchen', owner)
    const grantId = build.grant({ filter: 'home/kitchen', account: device, right: Right.PUBLISH })
    expect(publish('home/kitchen')).toEqual({ outcome: 'allowed', topicId: topicIdOf('home/kitchen'), grantId })
    expect(reasonOf(deliver('home/kitchen'))).toBe(DenialReason.NO_GRANT)
    expect(reasonOf(publish('home/kitchen/x'))).toBe(DenialReason.NO_GRANT)
    expect(reasonOf(publish('home/kitchen', other))).toBe(DenialReason.NO_GRANT)
  })

  test('on `/#` reaches the parent level and all below [MQTT-4.7.1-2]', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.SUBSCRIBE })
    expect(['home', 'home/a', 'home/a/b', 'home/'].map((name) => deliver(name).outcome)).toEqual(
      Array(4).fill('allowed'),
    )
    expect(['home/#', 'home/+', 'home/a', 'home/a/#'].map((filter) => subscribe(filter).outcome)).toEqual(
      Array(4).fill('allowed'),
    )
  })

  test('ends at its second, exclusive', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.SUBSCRIBE, until: NOW })
    expect(deliver('home/a', device, NOW - 1).outcome).toBe('allowed')
    expect(reasonOf(deliver('home/a', device, NOW))).toBe(DenialReason.GRANT_EXPIRED)
    expect(reasonOf(subscribe('home/a', device, NOW))).toBe(DenialReason.GRANT_EXPIRED)
  })

  test('that was revoked says so, with its id, for names and filters', () => {
    build.topic('home/#', owner)
    const grantId = build.grant({ filter: 'home/#', account: device, right: Right.SUBSCRIBE })
    build.end('home/#', device, Right.SUBSCRIBE)
    const denied = { outcome: 'denied', reason: DenialReason.GRANT_REVOKED, topicId: topicIdOf('home'), grantId }
    expect(deliver('home/a')).toEqual(denied)
    expect(subscribe('home/a')).toEqual(denied)
  })

  test('never covers a wider filter: denied as a whole, never narrowed', () => {
    build.topic('home/kitchen', owner)
    build.grant({ filter: 'home/kitchen', account: device, right: Right.SUBSCRIBE })
    expect(['home/#', 'home/+', 'home/kitchen/#'].map((filter) => reasonOf(subscribe(filter)))).toEqual(
      Array(3).fill(DenialReason.FILTER_WIDER_THAN_GRANT),
    )
    expect(subscribe('home/kitchen').outcome).toBe('allowed')
  })

  test('on a `+` topic is matched off chain', () => {
    build.topic('home/+/temperature', owner)
    build.grant({ filter: 'home/+/temperature', account: device, right: Right.PUBLISH })
    expect(publish('home/kitchen/temperature').outcome).toBe('allowed')
    expect(reasonOf(publish('home/kitchen/humidity'))).toBe(DenialReason.NO_GRANT)
  })

  test('does not reach into a subtree that another owner holds', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.topic('home/flat', other)
    expect(reasonOf(publish('home/flat/door'))).toBe(DenialReason.NO_GRANT)
    expect(reasonOf(subscribe('home/flat/#'))).toBe(DenialReason.NO_GRANT)
    expect(publish('home/garden').outcome).toBe('allowed')
  })

  test('older than the topic it stands on does not count', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.topic('home', owner, build.next)
    expect(reasonOf(publish('home/a'))).toBe(DenialReason.GRANT_SUPERSEDED)
  })

  test('older than the subtree it reaches does not count there: what was handed over and back is carved out', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.topic('home/flat', owner, build.next)
    expect(reasonOf(publish('home/flat/door'))).toBe(DenialReason.GRANT_SUPERSEDED)
    expect(publish('home/garden').outcome).toBe('allowed')
  })

  test('made anew replaces the ended one', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.end('home/#', device, Right.PUBLISH)
    const grantId = build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    expect(publish('home/a')).toMatchObject({ outcome: 'allowed', grantId })
  })
})

describe('a shared subscription', () => {
  test('is decided by its filter, whatever its group', () => {
    const reader = addressOf('e')
    build.topic('home/#', owner)
    const grantId = build.grant({ filter: 'home/#', account: reader, right: Right.SUBSCRIBE })
    expect(subscribe('$share/g/home/a', reader)).toMatchObject({ outcome: 'allowed', grantId })
    expect(subscribe('$share/other group/home/#', reader)).toMatchObject({ outcome: 'allowed', grantId })
    expect(reasonOf(subscribe('$share/g/#', reader))).toBe(DenialReason.FILTER_WIDER_THAN_GRANT)
    expect(reasonOf(subscribe('$share/g/$SYS/#', reader))).toBe(DenialReason.TOPIC_UNREGISTERED)
    expect(reasonOf(subscribe('$share/g/$share/h/home/a', reader))).toBe(DenialReason.TOPIC_RESERVED)
  })

  test.each([
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//home',
    '$share/+/home',
    '$share/#',
    '$share/a+/home',
    '$share/g/a/#/b',
  ])('%j is none [MQTT-4.8.2-1] [MQTT-4.8.2-2]', (filter) => {
    expect(reasonOf(subscribe(filter, owner))).toBe(DenialReason.TOPIC_FILTER_INVALID)
  })

  test('that begins with an empty level, as in $share/g//a, reads what begins with one', () => {
    build.topic('/a', owner)
    expect(subscribe('$share/g//a', owner).outcome).toBe('allowed')
  })
})

describe('text that is no topic', () => {
  test.each(['', 'a/#', '+', 'a\0'])('%j is no name [MQTT-3.3.2-2]', (name) => {
    expect(publish(name, owner)).toEqual({
      outcome: 'denied',
      reason: DenialReason.TOPIC_NAME_INVALID,
      topicId: ZERO_BYTES32,
      grantId: 0,
    })
  })

  test('is no filter either', () => {
    expect(reasonOf(subscribe('home/#/a', owner))).toBe(DenialReason.TOPIC_FILTER_INVALID)
  })

  test('that is reserved is denied to everybody: $SYS and $share as names, unknown $ prefixes as filters', () => {
    build.topic('$SYS', owner)
    expect(reasonOf(publish('$SYS/broker', owner))).toBe(DenialReason.TOPIC_RESERVED)
    expect(reasonOf(publish('$share/g/home', owner))).toBe(DenialReason.TOPIC_RESERVED)
    expect(reasonOf(subscribe('$queue/home', owner))).toBe(DenialReason.TOPIC_RESERVED)
    expect(subscribe('$SYS/#', owner).outcome).toBe('allowed')
    expect(reasonOf(subscribe('$SYS/#'))).toBe(DenialReason.NO_GRANT)
  })
})

describe('with confirmations', () => {
  const request = { kind: 'publish', account: device, topicName: 'home/a' } as const

  test('a grant counts only once both views hold it, a revocation as soon as one does', () => {
    build.topic('home/#', owner)
    const before = build.view.clone()
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    const granted = build.view.clone()
    build.end('home/#', device, Right.PUBLISH)

    const decide = (newest: View, confirmed: View): Decision => authorizeConfirmed(request, { newest, confirmed }, NOW)
    expect(reasonOf(decide(granted, before))).toBe(DenialReason.GRANT_UNCONFIRMED)
    expect(decide(granted, granted).outcome).toBe('allowed')
    expect(reasonOf(decide(build.view, granted))).toBe(DenialReason.GRANT_REVOKED)
  })
})

describe('the view', () => {
  test('comes back from its snapshot as it was, sharing nothing', () => {
    build.topic('home/#', owner)
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.view.apply({ name: 'RecorderAdded', args: { recorder: other, recorderId: 7 } })
    const copy = View.restore(JSON.parse(JSON.stringify(build.view.snapshot())))
    expect(copy.snapshot()).toEqual(build.view.snapshot())

    build.end('home/#', device, Right.PUBLISH)
    expect(authorize({ kind: 'publish', account: device, topicName: 'home/a' }, copy, NOW).outcome).toBe('allowed')
    expect(copy.recorder(other)).toEqual({ id: 7, address: other, state: 1 })
  })

  test('ignores events that are not about it, and the end of a grant that was replaced', () => {
    build.topic('home/#', owner)
    const old = build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.grant({ filter: 'home/#', account: device, right: Right.PUBLISH })
    build.view.apply({
      name: 'GrantEnded',
      args: { topicId: topicIdOf('home/#'), account: device, grantId: old, sender: owner, right: Right.PUBLISH },
    })
    build.view.apply({ name: 'Batch', args: {} } as never)
    expect(publish('home/a').outcome).toBe('allowed')
  })
})
