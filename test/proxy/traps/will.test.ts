/** Traps of the Will: decided at CONNECT and when it fires, recorded, and never a way around a lost right. */
import type { MqttClient } from 'mqtt'
import type { IConnectPacket } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason, Outcome } from '../../../domain/enums.ts'
import { topicIdOf } from '../../../domain/topic-filter.ts'
import type { Account } from '../../support/chain.ts'
import { connectDevice, credentialPassword, inbox, pause, type TestProxy, viewCaughtUp } from '../../support/mqtt.ts'
import { connectRaw, RawDevice } from '../../support/raw-device.ts'
import { readHistory } from '../../support/records.ts'
import { startTwoProxies, type TwoProxies } from '../../support/two-proxies.ts'

let both: TwoProxies
let it: TestProxy
let sensor: Account
let watcher: MqttClient
let heard: string[]

beforeAll(async () => {
  both = await startTwoProxies()
  it = both.second
  sensor = await it.chain.account()
  const reader = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 1)
  await it.chain.grant('home/#', reader.address, 2)
  await Promise.all([viewCaughtUp(both.first), viewCaughtUp(it)])
  watcher = await connectDevice(both.first, { account: reader, clientId: 'watcher' })
  heard = inbox(watcher)
  await watcher.subscribeAsync('home/#', { qos: 1 })
})
afterAll(async () => {
  watcher.end(true)
  await both.stop()
})

type Will = NonNullable<IConnectPacket['will']>
const willOn = (topic: string, more: Partial<Will> = {}): Will => ({
  topic,
  payload: Buffer.from('gone'),
  qos: 1,
  retain: false,
  ...more,
})

/** In service, with a Will. */
async function withWill(
  will: Will,
  { account = sensor, more = {} }: { account?: Account; more?: Partial<IConnectPacket> } = {},
): Promise<RawDevice> {
  const raw = connectRaw(it, { account, clientId: `w-${will.topic}`, connect: { will, ...more } })
  expect(await raw.connack()).toBe(0)
  return raw
}

describe('a Will', () => {
  test('fires when its device dies, as it was written, and is recorded under its grant [MQTT-3.1.2-8]', async () => {
    const userProperties = { b: '1', a: ['2', '3'] }
    const raw = await withWill(willOn('home/dies', { properties: { contentType: 'text/plain', userProperties } }))
    raw.end()
    await expect.poll(() => heard).toContain('home/dies gone')
  })

  test('keeps the order and the duplicates of its User Properties on the way to the broker [MQTT-3.1.3-10]', async () => {
    const pair = (key: string, value: string): Buffer =>
      Buffer.from([0x26, 0, 1, key.charCodeAt(0), 0, 1, value.charCodeAt(0)])
    const pairs = Buffer.concat([pair('a', '1'), pair('b', '2'), pair('a', '3'), pair('a', '1')])
    const text = (value: string): Buffer =>
      Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value)])
    const password = credentialPassword(it.deployment, { account: sensor, clientId: 'ordered' })
    const body = Buffer.concat([
      ...[text('MQTT'), Buffer.from([5, 0b1100_0110, 0, 0, 0]), text('ordered')],
      ...[Buffer.from([pairs.length]), pairs, text('home/ordered'), text('gone')],
      ...[text(sensor.address), text(password)],
    ])
    const length = Buffer.from([(body.length & 0x7f) | 0x80, body.length >> 7])
    const raw = new RawDevice(it.proxy.port)
    raw.send(Buffer.concat([Buffer.from([0x10]), length, body]))
    expect(await raw.connack()).toBe(0)
    expect(both.overheard().includes(pairs)).toBe(true)
    raw.send({ cmd: 'disconnect', reasonCode: 0 })
    await raw.closed
  })

  test('without its right refuses the CONNECT, of both versions, and no broker hears of it', async () => {
    for (const [version, code] of [
      [5, 0x87],
      [4, 5],
    ] as const) {
      for (const topic of ['elsewhere/denied', '$SYS/denied']) {
        const connect = { will: willOn(topic) }
        const raw = connectRaw(it, { account: sensor, clientId: 'has-none', version, connect })
        expect(await raw.connack()).toBe(code)
      }
    }
    expect(both.overheard().includes('has-none')).toBe(false)
  })

  test('that asks for an answer where its device may not read refuses the CONNECT too', async () => {
    const will = willOn('home/asks', { properties: { responseTopic: 'home/answers' } })
    expect(await connectRaw(it, { account: sensor, clientId: 'asks', connect: { will } }).connack()).toBe(0x87)
  })

  test('is not delayed: hours later nobody would decide it [MQTT-3.1.3-9]', async () => {
    const will = willOn('home/delayed', { properties: { willDelayInterval: 600 } })
    const raw = await withWill(will, { more: { clean: false, properties: { sessionExpiryInterval: 600 } } })
    raw.end()
    await expect.poll(() => heard).toContain('home/delayed gone')
  })

  test('is dropped by DISCONNECT 0x00, and asked for by 0x04 [MQTT-3.14.4-3]', async () => {
    const drops = await withWill(willOn('home/drops'))
    drops.send({ cmd: 'disconnect', reasonCode: 0 })
    const asks = await withWill(willOn('home/wants'))
    asks.send({ cmd: 'disconnect', reasonCode: 4 })
    await expect.poll(() => heard).toContain('home/wants gone')
    await pause(50)
    expect(heard).not.toContain('home/drops gone')
  })

  test('does not fire when we cut its connection: a protocol error, a suspended wallet', async () => {
    const guest = await it.chain.account()
    await it.chain.grant('home/#', guest.address, 1)
    await viewCaughtUp(it)
    const errs = await withWill(willOn('home/errs'))
    errs.send(Buffer.from([0x82, 0x03, 0x00, 0x01, 0x00]))
    await errs.closed
    const suspended = await withWill(willOn('home/suspended'), { account: guest })
    await it.chain.call('suspend', [guest.address, 2 ** 40 - 1])
    expect(await suspended.disconnect()).toBe(0x98)
    await pause(100)
    expect(heard.filter((line) => /errs|suspended/.test(line))).toEqual([])
  })

  test('does not fire once its right is gone, whether its device dies or asks for it', async () => {
    const guest = await it.chain.account()
    await it.chain.grant('home/#', guest.address, 1)
    await viewCaughtUp(it)
    const dies = await withWill(willOn('home/late-dies'), { account: guest })
    const asks = await withWill(willOn('home/late-asks'), { account: guest })
    await it.chain.call('revoke', ['home/#', guest.address, 1])
    await viewCaughtUp(it)
    dies.end()
    asks.send({ cmd: 'disconnect', reasonCode: 4 })
    await asks.closed
    await pause(150)
    expect(heard.filter((line) => line.includes('late-'))).toEqual([])
  })

  test('fires when its device falls silent: that is what it is for [MQTT-3.1.2-22]', async () => {
    await withWill(willOn('home/silent'), { more: { keepalive: 1 } })
    await expect.poll(() => heard, { timeout: 45_000 }).toContain('home/silent gone')
  })

  test('is recorded as it ended, in one record or none', async () => {
    const raw = await withWill(willOn('home/lost'))
    both.cutSecond()
    await raw.closed
    await it.records.flush()
    const { records, evidence } = await readHistory(it.chain, it.recorder)
    const names = evidence.map(({ text }) => JSON.parse(text ?? '{}').names?.[0]?.name)
    const willsOn = (name: string) => records.filter(({ action }, i) => action === Action.WILL && names[i] === name)
    const fired = { account: sensor.address, outcome: Outcome.ALLOWED, count: 1, countIsLowerBound: false }
    for (const name of ['home/dies', 'home/wants', 'home/delayed', 'home/silent']) {
      expect(willsOn(name)).toMatchObject([{ ...fired, topicId: topicIdOf('home/#') }])
    }
    for (const name of ['home/drops', 'home/suspended', 'home/errs', 'home/ordered']) expect(willsOn(name)).toEqual([])
    const denied = { outcome: Outcome.DENIED, count: 1 }
    for (const name of ['home/late-dies', 'home/late-asks']) {
      expect(willsOn(name)).toMatchObject([{ ...denied, denialReason: DenialReason.GRANT_REVOKED }])
    }
    const unregistered = { ...denied, denialReason: DenialReason.TOPIC_UNREGISTERED }
    expect(willsOn('elsewhere/denied')).toMatchObject([unregistered, unregistered])
    // Whether a broker that was lost published it nobody knows.
    expect(willsOn('home/lost')).toMatchObject([{ count: 0, countIsLowerBound: true }])
  })
})
