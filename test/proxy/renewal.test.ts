/** Identities that are renewed on a live connection, and identities that end by the clock. */
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason } from '../../domain/enums.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import type { AccessJournal } from '../../records/port.ts'
import type { Account } from '../support/chain.ts'
import {
  connectBySignature,
  connectDevice,
  credentialPassword,
  startTestProxy,
  type TestProxy,
  viewCaughtUp,
} from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'
import { renewOn } from '../support/renew.ts'

let it: TestProxy
let sensor: Account

beforeAll(async () => {
  it = await startTestProxy('aedes')
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 1)
  await viewCaughtUp(it)
})
afterAll(() => it.stop())

const renew = (client: MqttClient, clientId: string, key: Account['key'], method?: string): Promise<string> =>
  renewOn(it, client, { account: sensor, clientId, key, ...(method === undefined ? {} : { method }) })

describe('re-authentication on a live connection', () => {
  test('renews the identity, and traffic goes on [MQTT-4.12.1-1]', async () => {
    const client = await connectBySignature(it, { account: sensor, clientId: 'renews' })
    await client.publishAsync('home/a', 'before', { qos: 1 })
    expect(await renew(client, 'renews', sensor.key)).toBe('AUTH 0')
    await client.publishAsync('home/a', 'after', { qos: 1 })
    await client.endAsync()

    await it.records.flush()
    const { records, evidence } = await readHistory(it.chain, it.recorder)
    const renewal = records.find(({ action }) => action === Action.AUTHENTICATE)
    expect(renewal).toMatchObject({ account: sensor.address, denialReason: DenialReason.NONE })
    const behind = evidence.map(({ text }) => JSON.parse(text ?? '{}')).filter(({ names }) => names !== undefined)
    expect(new Set(behind.map((found) => found.behind)).size).toBe(2)
  })

  test('by another key ends the connection with 0x87 [MQTT-4.12.1-2]', async () => {
    const client = await connectBySignature(it, { account: sensor, clientId: 'thief' })
    client.on('error', () => {})
    const other = await it.chain.account()
    expect(await renew(client, 'thief', other.key)).toBe(`DISCONNECT ${0x87}`)
    client.end(true)
  })

  test('counts only once it is on disk: until then the old key’s revocation ends the connection', async () => {
    const key = await it.chain.account()
    await it.chain.call('authorizeDevice', [key.address, 2 ** 40 - 1], sensor.sender)
    const { journal } = it.records
    const waits: AccessJournal = {
      record: (access) =>
        access.action === Action.AUTHENTICATE ? new Promise<never>(() => {}) : journal.record(access),
      window: (access, use) => journal.window(access, use),
      announce: (access, use) => journal.announce(access, use),
      closeConnection: (id) => journal.closeConnection(id),
      unavailable: () => journal.unavailable(),
      isBehind: () => false,
      hurry: () => {},
      receipt: (seq) => journal.receipt(seq),
      sealWhere: () => {},
      closeAll: () => {},
    }
    const options = { ...it.options, journal: waits, viewSnapshotPath: `${it.options.viewSnapshotPath}.waits` }
    const proxy = await startProxy(options)
    try {
      const other = { ...it, proxy }
      await viewCaughtUp(other)
      const client = await connectBySignature(other, { account: sensor, signer: key, clientId: 'waits' })
      const ended = renew(client, 'waits', sensor.key)
      await new Promise((resolve) => setTimeout(resolve, 200)) // the answer is judged, its record is not on disk
      await it.chain.call('authorizeDevice', [key.address, 0], sensor.sender)
      expect(await ended).toBe(`DISCONNECT ${0x87}`)
      client.end(true)
    } finally {
      await proxy.stop()
    }
  })

  test('by another method is a protocol error [MQTT-4.12.0-5]', async () => {
    const client = await connectBySignature(it, { account: sensor, clientId: 'method' })
    client.on('error', () => {})
    expect(await renew(client, 'method', sensor.key, 'PLAIN')).toBe(`DISCONNECT ${0x82}`)
    client.end(true)
  })

  test('is refused to a connection that came with a credential', async () => {
    const client = await connectDevice(it, { account: sensor, clientId: 'credential' })
    client.on('error', () => {})
    expect(await renew(client, 'credential', sensor.key)).toBe(`DISCONNECT ${0x82}`)
    client.end(true)
  })
})

describe('a credential', () => {
  test('ends its live connection at expiresAt, silent as it may be, and the cut is recorded', async () => {
    const expiresAt = Math.floor(Date.now() / 1_000) + 2
    const password = credentialPassword(it.deployment, { account: sensor, clientId: 'short', expiresAt })
    const client = await connectDevice(it, { account: sensor, clientId: 'short', password })
    const code = await new Promise((resolve) => client.once('disconnect', ({ reasonCode }) => resolve(reasonCode)))
    expect([code, Math.floor(Date.now() / 1_000) >= expiresAt]).toEqual([0xa0, true])
    client.end(true)

    await it.records.flush()
    const { records } = await readHistory(it.chain, it.recorder)
    expect(records.find(({ denialReason }) => denialReason === DenialReason.CREDENTIAL_EXPIRED)).toMatchObject({
      action: Action.CUT,
      account: sensor.address,
    })
  })
})

describe('a persistent session', () => {
  test('that is resumed after a revocation gets nothing of what waited for it', async () => {
    const reader = await it.chain.account()
    await it.chain.grant('home/#', reader.address, 2)
    await viewCaughtUp(it)
    const properties = { sessionExpiryInterval: 600 }
    const session = { account: reader, clientId: 'sleeper', clean: false, properties }
    const first = await connectDevice(it, session)
    await first.subscribeAsync('home/#', { qos: 1 })
    await first.endAsync()

    const publisher = await connectDevice(it, { account: sensor, clientId: 'publisher' })
    await publisher.publishAsync('home/queued', 'secret', { qos: 1 })
    await publisher.publishAsync('home/kept', 'secret', { qos: 1, retain: true })
    await it.chain.call('revoke', ['home/#', reader.address, 2])
    await viewCaughtUp(it)

    const heard: string[] = []
    const again = await connectDevice(it, { ...session, password: credentialPassword(it.deployment, session) })
    again.on('message', (topic) => heard.push(topic))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(heard).toEqual([])
    await Promise.all([again.endAsync(), publisher.endAsync()])
  })
})
