import { createConnection, type Socket } from 'node:net'
import type { ErrorWithReasonCode, MqttClient } from 'mqtt'
import mqttPacket from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import type { Account } from '../support/chain.ts'
import {
  connectBySignature,
  connectDevice,
  credentialPassword,
  type DeviceOptions,
  inbox,
  pause,
  startTestProxy,
  type TestProxy,
  viewCaughtUp,
} from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'

const hasMosquitto = findMosquitto() !== undefined
if (!hasMosquitto && process.env.CI === 'true') throw new Error('mosquitto is missing: CI must install it')
if (!hasMosquitto) console.warn('SKIPPED: no mosquitto is installed, the proxy is tested behind aedes alone')

describe.each(hasMosquitto ? (['mosquitto', 'aedes'] as const) : (['aedes'] as const))(
  'behind %s, the proxy',
  (kind) => {
    let it: TestProxy
    let owner: Account
    let sensor: Account
    let reader: Account
    let stranger: Account
    const clients: MqttClient[] = []

    beforeAll(async () => {
      it = await startTestProxy(kind)
      const { chain } = it
      owner = chain.owner
      ;[sensor, reader, stranger] = [await chain.account(), await chain.account(), await chain.account()]
      await chain.call('giveTopic', ['home', owner.address])
      await chain.call('registerTopic', ['home/#'])
      await chain.call('registerTopic', ['home/kitchen'])
      await chain.grant('home/#', sensor.address, 1)
      await chain.grant('home/#', reader.address, 2)
      await viewCaughtUp(it)
    })
    afterAll(async () => {
      for (const client of clients) client.end(true)
      await it.stop()
    })

    let lastId = 0
    const device = async (account: Account, more: Partial<DeviceOptions> = {}): Promise<MqttClient> => {
      const client = await connectDevice(it, { account, clientId: `c${++lastId}`, ...more })
      clients.push(client)
      client.on('error', () => {})
      return client
    }
    const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 0,
        (error: ErrorWithReasonCode) => error.code,
      )

    describe.each([5, 4] as const)('speaking MQTT level %i,', (protocolVersion) => {
      test('passes what grants allow, at every QoS, and nothing of it changes', async () => {
        const subscriber = await device(reader, { protocolVersion })
        const received = inbox(subscriber)
        await subscriber.subscribeAsync('home/#', { qos: 2 })
        const publisher = await device(sensor, { protocolVersion })
        for (const qos of [0, 1, 2] as const) await publisher.publishAsync(`home/q${qos}`, `payload ${qos}`, { qos })
        await expect.poll(() => received).toEqual(['home/q0 payload 0', 'home/q1 payload 1', 'home/q2 payload 2'])
      })

      test('refuses a SUBSCRIBE that no grant covers, whole, and leaves the others [MQTT-3.9.3-1]', async () => {
        const client = await device(reader, { protocolVersion })
        const refusal = protocolVersion === 5 ? 0x87 : 0x80
        const error = await client.subscribeAsync(['home/a', '#', 'home/b', 'garden/x']).catch((e) => e)
        expect((error as { packet: { granted: number[] } }).packet.granted).toEqual([0, refusal, 0, refusal])
        const received = inbox(client)
        await (await device(sensor)).publishAsync('home/b', 'yes', { qos: 1 })
        await expect.poll(() => received).toEqual(['home/b yes'])
      })

      test('refuses a stranger’s SUBSCRIBE and lets none of it reach the broker', async () => {
        const client = await device(stranger, { protocolVersion })
        const error = await client.subscribeAsync('home/#').catch((e) => e)
        expect((error as { packet: { granted: number[] } }).packet.granted).toEqual([
          protocolVersion === 5 ? 0x87 : 0x80,
        ])
      })

      test('stops a live subscription when its grant is revoked, and revives it by a new grant', async () => {
        const guest = await it.chain.account()
        await it.chain.grant('home/kitchen', guest.address, 2)
        await viewCaughtUp(it)
        const client = await device(guest, { protocolVersion })
        const received = inbox(client)
        await client.subscribeAsync('home/kitchen', { qos: 2 })
        const publisher = await device(sensor)
        await publisher.publishAsync('home/kitchen', 'before', { qos: 1 })
        await expect.poll(() => received).toEqual(['home/kitchen before'])

        await it.chain.call('revoke', ['home/kitchen', guest.address, 2])
        await viewCaughtUp(it)
        for (const qos of [0, 1, 2] as const) await publisher.publishAsync('home/kitchen', 'secret', { qos })
        await pause(200)
        expect(received).toEqual(['home/kitchen before'])

        await it.chain.grant('home/kitchen', guest.address, 2)
        await viewCaughtUp(it)
        await publisher.publishAsync('home/kitchen', 'after', { qos: 2 })
        await expect.poll(() => received).toEqual(['home/kitchen before', 'home/kitchen after'])
      })
    })

    test('answers a denied PUBLISH of MQTT 5 with 0x87 and its own packet id, and keeps the connection [MQTT-4.3.3-9]', async () => {
      const client = await device(reader)
      expect(await codeOf(client.publishAsync('home/a', 'x', { qos: 1 }))).toBe(0x87)
      expect(await codeOf(client.publishAsync('home/a', 'x', { qos: 2 }))).toBe(0x87)
      expect(await codeOf(client.publishAsync('nowhere', 'x', { qos: 1 }))).toBe(0x87)
      expect(client.connected).toBe(true)
    })

    test('ends a connection of MQTT 3.1.1 that publishes what is denied: it has no word for it [MQTT-3.3.5-2]', async () => {
      const client = await device(reader, { protocolVersion: 4 })
      const closed = new Promise((resolve) => client.once('close', () => resolve('closed')))
      client.publish('home/a', 'x', { qos: 1 })
      expect(await closed).toBe('closed')
    })

    test('lets a device in by enhanced authentication, and refuses another host name', async () => {
      const client = await connectBySignature(it, { account: reader, clientId: 'signed' })
      clients.push(client)
      const received = inbox(client)
      await client.subscribeAsync('home/#')
      await (await device(sensor)).publishAsync('home/x', 'signed', { qos: 1 })
      await expect.poll(() => received).toEqual(['home/x signed'])

      const elsewhere = connectBySignature(it, { account: reader, clientId: 'phished', audience: 'evil.example' })
      await expect(elsewhere).rejects.toMatchObject({ code: 0x87 })
    })

    test('refuses a credential of another client id, contract or time, and one that somebody else signed, all alike', async () => {
      const make = (facts: object) => credentialPassword(it.deployment, { account: reader, clientId: 'mine', ...facts })
      const elsewhere = { ...it.deployment, contract: reader.address }
      const passwords = [
        make({ clientId: 'other' }),
        make({ expiresAt: 1 }),
        make({ notBefore: 2 ** 33, expiresAt: 2 ** 33 + 60 }),
        make({ notBefore: 1, expiresAt: 2 ** 33 }),
        make({ account: { ...reader, key: stranger.key } }),
        credentialPassword(elsewhere, { account: reader, clientId: 'mine' }),
      ]
      for (const password of passwords) {
        const refused = connectDevice(it, { account: reader, clientId: 'mine', password })
        await expect(refused).rejects.toMatchObject({ code: 0x87 })
      }
      const malformed = connectDevice(it, { account: reader, clientId: 'mine', password: 'secret' })
      await expect(malformed).rejects.toMatchObject({ code: 0x86 })
      const old = connectDevice(it, { account: reader, clientId: 'mine', password: 'secret', protocolVersion: 4 })
      await expect(old).rejects.toMatchObject({ code: 4 })
    })

    test('keeps the sessions of two wallets apart that use the same client id [MQTT-3.1.4-3]', async () => {
      const victim = await device(reader, { clientId: 'same' })
      const thief = await device(stranger, { clientId: 'same' })
      await pause(100)
      expect([victim.connected, thief.connected]).toEqual([true, true])
      const again = await device(reader, { clientId: 'same' })
      await expect.poll(() => victim.connected).toBe(false)
      expect([thief.connected, again.connected]).toEqual([true, true])
    })

    test('refuses with a code a response topic that the sender may not read', async () => {
      const client = await device(sensor)
      const properties = { responseTopic: 'home/answer' }
      expect(await codeOf(client.publishAsync('home/a', 'x', { qos: 1, properties }))).toBe(0x87)
    })

    test('ends a connection on a malformed packet with its code, and forwards nothing of it [MQTT-4.13.1-1]', async () => {
      const raw = await rawConnection(it, sensor)
      raw.write(Buffer.from([0x82, 0x03, 0x00, 0x01, 0x00]))
      expect(await raw.disconnectCode()).toBe(0x82)
      const other = await rawConnection(it, sensor)
      other.write(Buffer.from([0x30, 0x05, 0x00, 0x02, 0xc3, 0x28, 0x00]))
      expect(await other.disconnectCode()).toBe(0x81)
    })

    test('records who did what, under which grant, before it happened, and forwards no credential', async () => {
      await it.records.flush()
      const { records, evidence } = await readHistory(it.chain, it.recorder)
      const of = (action: number, account: Account) =>
        records.filter((r) => r.action === action && r.account === account.address)
      const published = of(Action.PUBLISH, sensor).filter(({ outcome }) => outcome === Outcome.ALLOWED)
      expect(published.every(({ topicId, grantId }) => topicId === topicIdOf('home/#') && grantId > 0)).toBe(true)
      expect(of(Action.DELIVER, reader).length).toBeGreaterThan(0)
      const denied = of(Action.SUBSCRIBE, stranger)
      expect(denied[0]).toMatchObject({
        outcome: Outcome.DENIED,
        denialReason: DenialReason.NO_GRANT,
        topicId: topicIdOf('home'),
      })
      const failed = records.filter((r) => r.action === Action.CONNECT && /^0x0+$/.test(r.account))
      expect(new Set(failed.map(({ denialReason }) => denialReason))).toContain(DenialReason.SIGNER_NOT_AUTHORIZED)
      expect(evidence.some(({ text }) => text?.includes('"kind":"login"'))).toBe(true)
      expect(evidence.some(({ text }) => text?.includes('ft1.'))).toBe(false)
    })
  },
)

interface RawConnection {
  write(bytes: Buffer): void
  disconnectCode(): Promise<number | undefined>
}

/** A socket that has come through CONNECT, for bytes that no client would send. */
async function rawConnection(it: TestProxy, account: Account): Promise<RawConnection> {
  const socket: Socket = createConnection(it.proxy.port, '127.0.0.1')
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  const seen: mqttPacket.Packet[] = []
  parser.on('packet', (packet) => seen.push(packet))
  socket.on('data', (chunk) => parser.parse(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const clientId = `raw${Math.random()}`
  const password = Buffer.from(credentialPassword(it.deployment, { account, clientId }))
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 0 } as const
  socket.write(mqttPacket.generate({ ...connect, clientId, username: account.address, password }))
  while (seen.length === 0) await pause(5)
  return {
    write: (bytes) => void socket.write(bytes),
    async disconnectCode() {
      await closed
      const last = seen.findLast(({ cmd }) => cmd === 'disconnect')
      return last?.cmd === 'disconnect' ? last.reasonCode : undefined
    },
  }
}
