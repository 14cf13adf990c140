/** Traps of time and revocation: what ends a live connection, how soon, with which word; and what a broker may say. */
import { createServer, type Server } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason } from '../../../domain/enums.ts'
import { Clock } from '../../../proxy/clock.ts'
import { brokerClientId } from '../../../proxy/identity/client-id.ts'
import type { RunningProxy } from '../../../proxy/running-proxy.ts'
import { startProxy } from '../../../proxy/start-proxy.ts'
import type { Account } from '../../support/chain.ts'
import { credentialPassword, startTestProxy, type TestProxy, viewCaughtUp } from '../../support/mqtt.ts'
import { connectRaw, type RawDevice } from '../../support/raw-device.ts'
import { readHistory } from '../../support/records.ts'

let it: TestProxy
let owner: Account
let bystander: RawDevice

beforeAll(async () => {
  it = await startTestProxy('aedes')
  owner = await it.chain.account()
  const other = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  for (const account of [owner, other]) await it.chain.grant('home/#', account.address, 1)
  await viewCaughtUp(it)
  bystander = connectRaw(it, { account: other, clientId: 'bystander' })
  expect(await bystander.connack()).toBe(0)
})
afterAll(async () => {
  bystander.end()
  await it.stop()
})

const soon = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds

describe('a live connection', () => {
  test('ends with its credential, by its id, and nobody else’s does', async () => {
    const id = `0x${'5a'.repeat(16)}` as const
    const password = Buffer.from(credentialPassword(it.deployment, { account: owner, clientId: 'revoked', id }))
    // The same client id: one of them takes the session over, and the other one's credential is the same.
    const raws = [5, 4].map((version) => {
      return connectRaw(it, { account: owner, clientId: 'revoked', version: version as 4 | 5, connect: { password } })
    })
    const other = connectRaw(it, { account: owner, clientId: 'not-revoked' })
    expect(await other.connack()).toBe(0)
    await Promise.all(raws.map((raw) => raw.connack()))
    await it.chain.call('revokeCredential', [id], owner.sender)
    await Promise.all(raws.map((raw) => raw.closed))
    expect(it.proxy.stats()['cut:CREDENTIAL_REVOKED']).toBeGreaterThan(0)
    const again = connectRaw(it, { account: owner, clientId: 'revoked', connect: { password } })
    expect(await again.connack()).toBe(0x87)
    expect([other.socket.closed, bystander.socket.closed]).toEqual([false, false])
    other.end()
  })

  test('ends with its device key: revoked, 0x87; over by the clock with no event at all, 0xA0', async () => {
    const [key, brief] = [await it.chain.account(), await it.chain.account()]
    await it.chain.call('authorizeDevice', [key.address, 2 ** 40 - 1], owner.sender)
    await it.chain.call('authorizeDevice', [brief.address, soon(3)], owner.sender)
    await viewCaughtUp(it)
    const revoked = connectRaw(it, { account: owner, signer: key, clientId: 'key-revoked' })
    const expired = connectRaw(it, { account: owner, signer: brief, clientId: 'key-expired' })
    expect([await revoked.connack(), await expired.connack()]).toEqual([0, 0])
    await it.chain.call('authorizeDevice', [key.address, 0], owner.sender)
    expect(await revoked.disconnect()).toBe(0x87)
    expect(await expired.disconnect()).toBe(0xa0)
    for (const signer of [key, brief]) {
      expect(await connectRaw(it, { account: owner, signer, clientId: 'late' }).connack()).toBe(0x87)
    }
  })

  test('ends with its wallet’s suspension, 0x98, and comes again when that is lifted', async () => {
    const account = await it.chain.account()
    const raw = connectRaw(it, { account, clientId: 'suspended' })
    expect(await raw.connack()).toBe(0)
    await it.chain.call('suspend', [account.address, soon(3_600)])
    expect(await raw.disconnect()).toBe(0x98)
    expect(await connectRaw(it, { account, clientId: 'suspended' }).connack()).toBe(0x87)
    await it.chain.call('suspend', [account.address, 0])
    await viewCaughtUp(it)
    const back = connectRaw(it, { account, clientId: 'suspended' })
    expect(await back.connack()).toBe(0)
    back.end()
  })

  test('leaves a CUT record with the reason, under the owner’s account', async () => {
    await it.records.flush()
    const { records } = await readHistory(it.chain, it.recorder)
    const cuts = records.filter(({ action }) => action === Action.CUT)
    const of = (reason: DenialReason) => cuts.filter(({ denialReason }) => denialReason === reason)
    for (const reason of [
      DenialReason.CREDENTIAL_REVOKED,
      DenialReason.DEVICE_KEY_REVOKED,
      DenialReason.DEVICE_KEY_EXPIRED,
    ]) {
      expect(of(reason)).toMatchObject([{ account: owner.address, count: 1 }])
    }
    expect(of(DenialReason.WALLET_SUSPENDED).length).toBe(1)
  })
})

describe('with two confirmations', () => {
  test('a device key counts once it is confirmed, and its revocation at once', async () => {
    await withProxy({ confirmations: 2 }, async (proxy) => {
      const patient = { ...it, proxy }
      const key = await it.chain.account()
      const mine = { account: owner, signer: key, clientId: 'patient' }
      await it.chain.call('authorizeDevice', [key.address, 2 ** 40 - 1], owner.sender)
      await viewCaughtUp(patient)
      expect(await connectRaw(patient, mine).connack()).toBe(0x87)
      await it.chain.call('suspend', [`0x${'77'.repeat(20)}`, 0]) // another block
      await viewCaughtUp(patient)
      const raw = connectRaw(patient, mine)
      expect(await raw.connack()).toBe(0)
      await it.chain.call('authorizeDevice', [key.address, 0], owner.sender)
      expect(await raw.disconnect()).toBe(0x87)
    })
  })
})

describe('the clock that identities end by', () => {
  test('does not run back when somebody sets it back, and forgets a jump ahead that is put right', () => {
    let [wall, steady] = [1_000_000, 50]
    const clock = new Clock(
      () => wall,
      () => steady,
    )
    steady += 5_000
    wall += 5_000
    expect(clock.nowMs()).toBe(1_005_000)
    wall -= 3_600_000 // an hour back
    steady += 1_000
    expect(clock.nowMs()).toBe(1_006_000)
    wall = 9_000_000 // ahead, as after a suspend
    expect(clock.nowMs()).toBe(9_000_000)
    wall = 1_007_500
    steady += 1_000
    expect(clock.nowMs()).toBe(1_007_500)
    expect(clock.seconds()).toBe(1_007)
  })
})

describe('a session', () => {
  test('that was to end with its connection cannot be made to last by DISCONNECT', async () => {
    const raw = connectRaw(it, { account: owner, clientId: 'raises' })
    await raw.connack()
    raw.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 60 } })
    expect(await raw.disconnect()).toBe(0x82)
    const lasting = connectRaw(it, {
      account: owner,
      clientId: 'raises',
      connect: { properties: { sessionExpiryInterval: 5 } },
    })
    await lasting.connack()
    lasting.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 60 } })
    expect(await lasting.disconnect()).toBe('closed')
  })
})

describe('what a broker says', () => {
  const connack = {
    cmd: 'connack',
    sessionPresent: false,
    reasonCode: 0,
    properties: {
      ...{ serverReference: 'elsewhere.example', responseInformation: 'answers/', assignedClientIdentifier: 'theirs' },
      ...{ maximumQoS: 1, retainAvailable: false, receiveMaximum: 3, maximumPacketSize: 5_000, serverKeepAlive: 17 },
      ...{ sessionExpiryInterval: 9, wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false },
    },
  } as Packet

  test('in CONNACK reaches the device as its limits, and nothing of it leads around the proxy [MQTT-3.2.2-21]', async () => {
    await withBroker([connack], {}, async (proxy) => {
      const raw = connectRaw({ ...it, proxy }, { account: owner, clientId: 'told' })
      const properties = (await raw.take('connack'))?.properties
      expect(properties).toMatchObject({
        ...{ maximumQoS: 1, retainAvailable: false, receiveMaximum: 3, maximumPacketSize: 5_000, serverKeepAlive: 17 },
        ...{ sessionExpiryInterval: 9, wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false },
      })
      for (const name of ['serverReference', 'responseInformation', 'assignedClientIdentifier']) {
        expect(properties).not.toHaveProperty(name)
      }
      // It has none: the broker would end the connection over it. [MQTT-3.2.2-15]
      raw.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$share/g/home/a', qos: 0 }] })
      expect((await raw.take('suback'))?.granted).toEqual([0x9e])
      raw.end()
    })
    await withBroker([connack], { limits: { maxPacketBytes: 2_000 } }, async (proxy) => {
      const raw = connectRaw({ ...it, proxy }, { account: owner, clientId: 'told' })
      expect((await raw.take('connack'))?.properties).toMatchObject({ maximumPacketSize: 2_000 })
      raw.end()
    })
  })

  test.each([
    [0x9c, 0x89],
    [0x9d, 0x89],
    [0x8e, 0x8e],
    [0x8b, 0x8b],
    [0x97, 0x97],
  ])('in DISCONNECT %i is told as %i, without its Server Reference [MQTT-4.11.0-1]', async (said, told) => {
    const goodbye = {
      cmd: 'disconnect',
      reasonCode: said,
      properties: { serverReference: 'elsewhere.example' },
    } as Packet
    await withBroker([{ ...connack, properties: {} } as Packet, goodbye], {}, async (proxy) => {
      const raw = connectRaw({ ...it, proxy }, { account: owner, clientId: 'sent-away' })
      const disconnect = await raw.take('disconnect')
      expect(disconnect?.reasonCode).toBe(told)
      expect(disconnect?.properties ?? {}).not.toHaveProperty('serverReference')
      await raw.closed
    })
  })

  test('to a CONNECT is hidden where it is about the proxy’s own login, and told where it is about the device', async () => {
    for (const [said, told] of [
      [0x85, 0x85],
      [0x9b, 0x9b],
      [0x87, 0x88],
      [0x9c, 0x88],
      [0x8a, 0x88],
    ]) {
      await withBroker([{ cmd: 'connack', sessionPresent: false, reasonCode: said } as Packet], {}, async (proxy) => {
        expect(await connectRaw({ ...it, proxy }, { account: owner, clientId: 'refused' }).connack()).toBe(told)
      })
    }
  })
})

/** The same proxy with something changed. */
async function withProxy<T>(more: object, work: (proxy: RunningProxy) => Promise<T>): Promise<T> {
  const proxy = await startProxy({ ...it.options, ...more, viewSnapshotPath: `${it.options.viewSnapshotPath}.other` })
  try {
    return await work(proxy)
  } finally {
    await proxy.stop()
  }
}

const WELCOME = mqttPacket.generate({ cmd: 'connack', sessionPresent: false, reasonCode: 0 }, { protocolVersion: 5 })

/** A proxy before a broker that answers a device's CONNECT with `answers`, and then nothing. */
async function withBroker<T>(answers: Packet[], more: object, work: (proxy: RunningProxy) => Promise<T>): Promise<T> {
  const bytes = answers.map((packet) => mqttPacket.generate(packet, { protocolVersion: 5 }))
  const server: Server = createServer((socket) => {
    // The watch on the broker's health is let in, whatever the device's twin is told.
    const isTwin = (chunk: Buffer): boolean => chunk.includes(brokerClientId(owner.address, ''))
    socket.on('error', () => {}).once('data', (chunk) => socket.write(isTwin(chunk) ? Buffer.concat(bytes) : WELCOME))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    return await withProxy({ broker: { host: '127.0.0.1', port, tls: false }, ...more }, work)
  } finally {
    server.close()
  }
}
