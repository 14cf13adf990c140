/** Traps of SUBSCRIBE and of what the broker then sends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason, Outcome } from '../../../domain/enums.ts'
import { findMosquitto } from '../../../proxy/broker/mosquitto.ts'
import { startProxy } from '../../../proxy/start-proxy.ts'
import type { Account } from '../../support/chain.ts'
import { connectDevice, pause, type TestProxy, viewCaughtUp } from '../../support/mqtt.ts'
import { connectRaw, type RawDevice } from '../../support/raw-device.ts'
import { readHistory } from '../../support/records.ts'
import { startTwoProxies, type TwoProxies } from '../../support/two-proxies.ts'

const hasGroups = findMosquitto() !== undefined
if (!hasGroups && process.env.CI === 'true') throw new Error('mosquitto is missing: CI must install it')
if (!hasGroups) console.warn('SKIPPED: no mosquitto is installed, and aedes has no shared subscriptions')

const dir = mkdtempSync(join(tmpdir(), 'flytrap-groups-'))
/** What a proxy that is started beside the others must not share with them. */
const anew = () => ({ viewSnapshotPath: join(dir, 'view.json') })
let both: TwoProxies
let it: TestProxy
let reader: Account
let sensor: MqttClient
const raws: RawDevice[] = []

beforeAll(async () => {
  both = await startTwoProxies({ keptGroupsPath: join(dir, 'kept-groups.sqlite') })
  it = both.second
  reader = await it.chain.account()
  const publisher = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  for (const filter of ['home/#', 'home/a', 'home/+/temp']) await it.chain.call('registerTopic', [filter])
  await it.chain.grant('home/#', publisher.address, 1)
  await it.chain.grant('home/#', reader.address, 2)
  await Promise.all([viewCaughtUp(both.first), viewCaughtUp(it)])
  sensor = await connectDevice(both.first, { account: publisher, clientId: 'sensor' })
})
afterAll(async () => {
  sensor.end(true)
  for (const raw of raws) raw.end()
  await both.stop()
  rmSync(dir, { recursive: true, force: true })
})

let lastId = 0
async function device(account = reader, more: Partial<Parameters<typeof connectRaw>[1]> = {}): Promise<RawDevice> {
  const raw = connectRaw(it, { account, clientId: `d${++lastId}`, ...more })
  expect(await raw.connack()).toBe(0)
  raws.push(raw)
  return raw
}

type Options = { qos?: 0 | 1 | 2; nl?: boolean; rap?: boolean; rh?: number }

/** Resolves with the SUBACK's codes. */
async function subscribe(
  raw: RawDevice,
  filters: string[],
  { id, messageId = 1, ...options }: Options & { id?: number; messageId?: number } = {},
): Promise<unknown> {
  const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const, ...options }))
  raw.send({
    cmd: 'subscribe',
    messageId,
    subscriptions,
    ...(id === undefined ? {} : { properties: { subscriptionIdentifier: id } }),
  })
  return (await raw.take('suback'))?.granted
}

const received = (raw: RawDevice): string[] =>
  raw.packets.flatMap((packet) => (packet.cmd === 'publish' ? [`${packet.topic} ${packet.payload}`] : []))

async function guest(right: 1 | 2 = 2, filter = 'home/#', until?: number): Promise<Account> {
  const account = await it.chain.account()
  await it.chain.grant(filter, account.address, right, until)
  await viewCaughtUp(it)
  return account
}

describe('a SUBSCRIBE', () => {
  test('of filters wider than the right is denied as a whole, one code each, in order, in both versions [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.9.3-1]', async () => {
    const narrow = await guest(2, 'home/a')
    const raw = await device(narrow)
    expect(await subscribe(raw, ['home/a', '#', '+/a', 'home/#', 'home/+', '/home/a', 'home/a/', 'home//a'])).toEqual([
      0, 0x87, 0x87, 0x87, 0x87, 0x87, 0x87, 0x87,
    ])
    const old = await device(narrow, { version: 4 })
    expect(await subscribe(old, ['#', 'home/a', 'home/+'])).toEqual([0x80, 0, 0x80])
    await sensor.publishAsync('home/b', 'not for him', { qos: 1 })
    await sensor.publishAsync('home/a', 'for him', { qos: 1 })
    await expect.poll(() => received(raw)).toEqual(['home/a for him'])
  })

  test('keeps options and identifier of what it lets through beside what it denies', async () => {
    const raw = await device()
    expect(await subscribe(raw, ['elsewhere', 'home/kept'], { id: 7, qos: 2 })).toEqual([0x87, 2])
    await sensor.publishAsync('home/kept', 'x', { qos: 2 })
    const publish = await raw.take('publish')
    expect(publish).toMatchObject({ qos: 2, properties: { subscriptionIdentifier: 7 } })
  })

  test('that is denied leaves the subscription standing that it would replace [MQTT-3.8.4-3]', async () => {
    const account = await guest()
    const raw = await device(account)
    expect(await subscribe(raw, ['home/stands'])).toEqual([0])
    await it.chain.call('revoke', ['home/#', account.address, 2])
    await viewCaughtUp(it)
    expect(await subscribe(raw, ['home/stands'], { messageId: 2 })).toEqual([0x87])
    await sensor.publishAsync('home/stands', 'withheld', { qos: 1 })
    await it.chain.grant('home/#', account.address, 2)
    await viewCaughtUp(it)
    await sensor.publishAsync('home/stands', 'revived', { qos: 1 })
    await expect.poll(() => received(raw)).toEqual(['home/stands revived'])
  })

  test.each([
    '$queue/home/a',
    '$exclusive/home/a',
    '$delayed/5/home/a',
    '$share',
    '$other',
    '$SYS/#',
    '$SYS/broker/clients/total',
  ])('of %s is denied: nobody granted it [MQTT-4.7.2-1]', async (filter) => {
    expect(await subscribe(await device(), [filter])).toEqual([0x87])
  })

  test('of a filter of more than 100 levels is answered 0x8F: brokers hang up over it', async () => {
    const filters = [101, 100].map((levels) => `home${'/x'.repeat(levels - 1)}`)
    expect(await subscribe(await device(), filters)).toEqual([0x8f, 0])
  })

  test('of an ill-formed shared subscription is answered 0x8F, and no broker sees it [MQTT-4.8.2-1] [MQTT-4.8.2-2]', async () => {
    const raw = await device()
    const filters = ['$share/', '$share/g', '$share/g/', '$share//home/a', '$share/+/home/a', '$share/#']
    expect(await subscribe(raw, filters)).toEqual(filters.map(() => 0x8f))
    const old = await device(reader, { version: 4 })
    expect(await subscribe(old, filters)).toEqual(filters.map(() => 0x80))
    expect(both.overheard().includes('$share/+/')).toBe(false)
  })

  test('of $SYS is let through where its owner granted it', async () => {
    const account = await it.chain.account()
    await it.chain.call('giveTopic', ['$SYS', it.chain.owner.address])
    await it.chain.call('registerTopic', ['$SYS/#'])
    await it.chain.grant('$SYS/#', account.address, 2)
    await viewCaughtUp(it)
    expect(await subscribe(await device(account), ['$SYS/#'])).toEqual([0])
    // Wildcards do not reach it, whoever asks. [MQTT-4.7.2-1]
    expect(await subscribe(await device(account), ['#'], { messageId: 3 })).toEqual([0x87])
  })
})

describe('an UNSUBSCRIBE', () => {
  test('of anything is allowed and answered, of what was denied too [MQTT-3.10.4-4]', async () => {
    const raw = await device()
    raw.send({
      cmd: 'unsubscribe',
      messageId: 9,
      unsubscriptions: ['home/a', 'elsewhere/#', '$SYS/#', '$share/g/home/a'],
    })
    expect(await raw.take('unsuback')).toMatchObject({ messageId: 9 })
  })
})

describe('a delivery', () => {
  test('over overlapping filters is decided by its topic, never by filter or identifier [MQTT-3.3.4-3]', async () => {
    const account = await guest(2, 'home/#')
    const raw = await device(account)
    await subscribe(raw, ['home/#'], { id: 1 })
    await subscribe(raw, ['home/+/temp'], { id: 2, messageId: 2 })
    await sensor.publishAsync('home/x/temp', 'both', { qos: 1 })
    await expect.poll(() => received(raw).length).toBeGreaterThan(0)
    const ids = (): unknown[] =>
      raw.packets.flatMap((p) => (p.cmd === 'publish' ? [p.properties?.subscriptionIdentifier].flat() : []))
    await expect.poll(() => [...ids()].sort()).toEqual([1, 2])
    // The narrower right alone: what came under both filters still comes, what came under one does not.
    await it.chain.call('revoke', ['home/#', account.address, 2])
    await it.chain.grant('home/+/temp', account.address, 2)
    await viewCaughtUp(it)
    raw.packets.length = 0
    await sensor.publishAsync('home/y', 'no', { qos: 1 })
    await sensor.publishAsync('home/y/temp', 'yes', { qos: 1 })
    await expect.poll(() => new Set(received(raw))).toEqual(new Set(['home/y/temp yes']))
  })

  test('keeps No Local, Retain As Published and Retain Handling their meaning [MQTT-3.8.3-3] [MQTT-3.3.1-10]', async () => {
    await sensor.publishAsync('home/kept-message', 'old', { qos: 1, retain: true })
    const raw = await device()
    await subscribe(raw, ['home/kept-message'], { rh: 2, rap: true })
    await pause(60)
    expect(received(raw)).toEqual([])
    await sensor.publishAsync('home/kept-message', 'new', { qos: 1, retain: true })
    expect(await raw.take('publish')).toMatchObject({ retain: true })

    const both = await guest(1)
    await it.chain.grant('home/#', both.address, 2)
    await viewCaughtUp(it)
    const echoless = await device(both)
    await subscribe(echoless, ['home/echo'], { nl: true })
    echoless.send({
      cmd: 'publish',
      topic: 'home/echo',
      payload: 'mine',
      qos: 1,
      messageId: 4,
      dup: false,
      retain: false,
    })
    await echoless.take('puback')
    await sensor.publishAsync('home/echo', 'others', { qos: 1 })
    await expect.poll(() => received(echoless)).toEqual(['home/echo others'])
  })

  test('of a retained message is withheld after revocation, and of a session made before it', async () => {
    const account = await guest()
    await sensor.publishAsync('home/retained', 'secret', { qos: 1, retain: true })
    const session = { connect: { clean: false, properties: { sessionExpiryInterval: 600 } }, clientId: 'resumes' }
    const first = await device(account, session)
    await subscribe(first, ['home/resumed'], { qos: 1 })
    first.send({ cmd: 'disconnect', reasonCode: 0 })
    await first.closed
    await sensor.publishAsync('home/resumed', 'queued', { qos: 1 })
    const live = await device(account)
    await it.chain.call('revoke', ['home/#', account.address, 2])
    await viewCaughtUp(it)
    expect(await subscribe(live, ['home/retained'])).toEqual([0x87])
    const again = await device(account, session)
    await pause(100)
    expect([received(live), received(again)]).toEqual([[], []])
  })
})

describe.skipIf(!hasGroups)('a shared subscription', () => {
  const publishAll = (topic: string, from: number, to: number) =>
    Promise.all(Array.from({ length: to - from }, (_, i) => sensor.publishAsync(topic, `${from + i}`, { qos: 1 })))

  test('is decided by its filter in both versions, and each message reaches one member [MQTT-4.8.2-4]', async () => {
    const members = [await device(), await device(reader, { version: 4 })]
    for (const member of members)
      expect(await subscribe(member, ['$share/g1/home/group', '$share/g1/#'])).toEqual([
        0,
        member === members[0] ? 0x87 : 0x80,
      ])
    await publishAll('home/group', 0, 20)
    await expect.poll(() => members.flatMap(received).length).toBe(20)
    expect(new Set(members.flatMap(received)).size).toBe(20)
  })

  test('whose right is revoked leaves the group at the broker: the other members get all that follows', async () => {
    const leaver = await guest()
    const members = [await device(), await device(leaver)]
    for (const member of members)
      expect(await subscribe(member, ['$share/g2/home/left', 'home/plain'], { qos: 1 })).toEqual([1, 1])
    await it.chain.call('revoke', ['home/#', leaver.address, 2])
    await viewCaughtUp(it)
    // Its own packet with the very id that the proxy uses is answered, once, and the proxy's answer is not shown to it.
    members[1]!.send({ cmd: 'unsubscribe', messageId: 65_535, unsubscriptions: ['home/nothing'] })
    expect(await members[1]!.take('unsuback')).toMatchObject({ messageId: 65_535 })
    for (const member of members) member.packets.length = 0
    await publishAll('home/left', 0, 20)
    await expect.poll(() => received(members[0]!).length).toBe(20)
    expect(received(members[1]!)).toEqual([])
    expect(members[1]!.packets.filter(({ cmd }) => cmd === 'unsuback')).toEqual([])

    // The plain one stayed, filtered: a new grant revives it, and not the group.
    await it.chain.grant('home/#', leaver.address, 2)
    await viewCaughtUp(it)
    await sensor.publishAsync('home/plain', 'again', { qos: 1 })
    await expect.poll(() => received(members[1]!)).toEqual(['home/plain again'])
    await it.records.flush()
    const { records } = await readHistory(it.chain, it.recorder)
    const lost = records.filter(({ account, outcome }) => account === leaver.address && outcome === Outcome.DENIED)
    expect(lost).toMatchObject([{ action: Action.SUBSCRIBE, denialReason: DenialReason.GRANT_REVOKED }])
  })

  test.each([
    [4, 'the same proxy'],
    [5, 'a proxy that was started anew'],
  ] as const)(
    'that a kept session holds leaves as MQTT %i resumes it at %s without its right',
    async (version, where) => {
      const leaver = await guest()
      const topic = `home/kept${version}`
      const stays = await device()
      expect(await subscribe(stays, [`$share/g4/${topic}`], { qos: 1 })).toEqual([1])
      const session = version === 4 ? {} : { properties: { sessionExpiryInterval: 3_600 } }
      const kept = { account: leaver, clientId: topic, version, connect: { clean: false, ...session } }
      const away = await device(leaver, kept)
      expect(await subscribe(away, [`$share/g4/${topic}`], { qos: 1 })).toEqual([1])
      away.send({ cmd: 'disconnect' })
      await away.closed
      await it.chain.call('revoke', ['home/#', leaver.address, 2])
      await viewCaughtUp(it)

      const other = where === 'the same proxy' ? undefined : await startProxy({ ...it.options, ...anew() })
      const back = connectRaw(other === undefined ? it : { ...it, proxy: other }, kept)
      expect(await back.take('connack')).toMatchObject({ sessionPresent: true })
      // Behind the proxy's own UNSUBSCRIBE: once this one is answered, the group was left.
      back.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['home/nothing'] })
      expect(await back.take('unsuback')).toMatchObject({ messageId: 9 })
      await publishAll(topic, 0, 20)
      await expect.poll(() => received(stays).length).toBe(20)
      expect(received(back)).toEqual([])
      expect((other ?? it.proxy).stats()['share:GRANT_REVOKED']).toBeGreaterThanOrEqual(1)
      back.end()
      await other?.stop()
    },
  )

  test('whose right ends by the clock leaves before it does, with no event at all', async () => {
    const until = Math.floor(Date.now() / 1_000) + 4
    const leaver = await guest(2, 'home/#', until)
    const members = [await device(), await device(leaver)]
    for (const member of members) await subscribe(member, ['$share/g3/home/ends'], { qos: 1 })
    await expect.poll(() => it.proxy.stats()['share:GRANT_EXPIRED'] ?? 0, { timeout: 45_000 }).toBe(1)
    expect(Date.now() / 1_000).toBeLessThan(until)
    await publishAll('home/ends', 0, 10)
    await expect.poll(() => received(members[0]!).length).toBe(10)
  })
})
