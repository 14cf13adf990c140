/** Keys cost nothing and records cost gas: what wallets without any right, and busy connections, may make the operator pay. */
import { connect } from 'node:net'
import { Wallet } from 'ethers'
import { type ErrorWithReasonCode, MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Address, type Hex, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import type { Account } from '../support/chain.ts'
import { credentialOptions, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'

const LIMITS = { newcomersPerMinute: 20, newcomersPerAddress: 8, recordsPerConnection: 10 }
let it: TestProxy
let sensor: Account
const clients: MqttClient[] = []

beforeAll(async () => {
  it = await startTestProxy('aedes', { limits: LIMITS })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 2)
  await viewCaughtUp(it)
})
afterAll(async () => {
  for (const client of clients) client.end(true)
  await it.stop()
})

const stranger = (): Account => {
  const { privateKey, address } = Wallet.createRandom()
  return { key: privateKey as Hex, address: address.toLowerCase() as Address } as Account
}

/** Resolves with the CONNACK's code, and the client that stays. */
async function signIn(account: Account, from: string, protocolVersion: 4 | 5 = 5) {
  const options = credentialOptions(it, { account, clientId: `at ${from}`, protocolVersion, resubscribe: false })
  const client = new MqttClient(() => connect({ port: it.proxy.port, host: '127.0.0.1', localAddress: from }), options)
  clients.push(client)
  const code = await new Promise<number>((resolve) => {
    client.once('connect', () => resolve(0))
    client.on('error', (error) => resolve((error as ErrorWithReasonCode).code as number))
  })
  return { code, client }
}

const records = async () => {
  await it.records.flush()
  return (await readHistory(it.chain, it.recorder)).records
}
const sum = (counted: readonly { count: number }[]): number => counted.reduce((total, { count }) => total + count, 0)

describe('wallets without any right', () => {
  test('come in as there is room for them, and beyond it are told 0x97 [MQTT-3.2.2-8], in MQTT 3.1.1 0x03', async () => {
    const from = '127.0.0.41'
    const codes: number[] = []
    for (let i = 0; i < 10; i++) codes.push((await signIn(stranger(), from)).code)
    expect(codes).toEqual([...Array(8).fill(0), 0x97, 0x97])
    expect((await signIn(stranger(), from, 4)).code).toBe(3)
  })

  test('by the hundred, from many networks, cost a bounded number of records, of which none is left out', async () => {
    const before = await records()
    const froms = Array.from({ length: 150 }, (_, i) => `127.0.1.${i % 30}`)
    const codes: number[] = []
    for (let i = 0; i < froms.length; i += 25) {
      const some = await Promise.all(froms.slice(i, i + 25).map((from) => signIn(stranger(), from)))
      codes.push(...some.map(({ code }) => code))
    }
    const isIn = codes.filter((code) => code === 0).length
    expect(isIn).toBeLessThanOrEqual(LIMITS.newcomersPerMinute)
    expect(codes.filter((code) => code === 0x97)).toHaveLength(codes.length - isIn)

    const mine = (await records()).slice(before.length).filter(({ action }) => action === Action.CONNECT)
    const refused = mine.filter(({ outcome }) => outcome === Outcome.DENIED)
    expect(sum(mine)).toBe(150)
    for (const { account, denialReason } of refused) {
      expect(account).toBe(ZERO_ADDRESS)
      expect([DenialReason.RATE_EXCEEDED, DenialReason.LIMIT_EXCEEDED]).toContain(denialReason)
    }
    // One a network as there is room for new ones, one for all others, and a tick may fall between.
    expect(refused.length).toBeLessThanOrEqual(2 * (LIMITS.newcomersPerMinute + 1))
  })

  test('take no room from who holds a right or owns a topic', async () => {
    expect((await signIn(stranger(), '127.0.0.42')).code).toBe(0x97)
    for (const account of [sensor, it.chain.owner]) expect((await signIn(account, '127.0.0.42')).code).toBe(0)
  })

  test('are none any more with the block of their first grant', async () => {
    const account = stranger()
    expect((await signIn(account, '127.0.0.43')).code).toBe(0x97)
    await it.chain.grant('home/#', account.address, 1)
    await viewCaughtUp(it)
    expect((await signIn(account, '127.0.0.43')).code).toBe(0)
  })
})

test('what a wallet without any right asks for once there is no room is told by network', async () => {
  const { client } = clients.map((client) => ({ client })).find(({ client: { connected } }) => connected)!
  const before = await records()
  const filters = Array.from({ length: 12 }, (_, i) => `home/${i}`)
  for (const filter of filters) await client.subscribeAsync(filter).catch(() => {})
  const denied = (await records()).slice(before.length).filter(({ action }) => action === Action.SUBSCRIBE)
  expect(sum(denied)).toBe(filters.length)
  expect(denied.length).toBeLessThanOrEqual(2)
  expect(denied[0]?.account).toBe(ZERO_ADDRESS)
  // The second while there is no room for one more network either.
  expect([DenialReason.NO_GRANT, DenialReason.LIMIT_EXCEEDED]).toContain(denied[0]?.denialReason)
})

test('equal decisions of a busy connection share a record a minute, with how often', async () => {
  const { client } = await signIn(sensor, '127.0.0.44')
  const before = await records()
  for (let i = 0; i < 40; i++) expect(await client.subscribeAsync('home/kitchen')).toHaveLength(1)
  await client.endAsync()
  const allowed = (await records()).slice(before.length).filter(({ action }) => action === Action.SUBSCRIBE)
  expect(sum(allowed)).toBe(40)
  expect(allowed.length).toBeLessThanOrEqual(LIMITS.recordsPerConnection + 2)
  for (const { account, outcome } of allowed) expect([account, outcome]).toEqual([sensor.address, Outcome.ALLOWED])
})
