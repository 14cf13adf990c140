import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { type ErrorWithReasonCode, MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hex, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { readRules } from '../../proxy/rules/read-rules.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import type { Records } from '../../records/port.ts'
import { credentialOptions, pause, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { addTestRecorder, readHistory } from '../support/records.ts'

interface Sensor {
  account: { key: Hex; address: Hex }
  clientId: string
  password?: string
}

/** Two proxies of one operator: a chain, a broker and the ban keys are all they share. */
let it: TestProxy
let second: RunningProxy
let secondRecords: Records
const dir = mkdtempSync(join(tmpdir(), 'flytrap-ban-keys-'))
const clients: MqttClient[] = []
const wallet = () => {
  const { privateKey, address } = Wallet.createRandom()
  return { key: privateKey as Hex, address: address.toLowerCase() as Hex }
}

beforeAll(async () => {
  const rules = {
    abuse: readRules('').abuse,
    limits: { loginsPerAddress: 1_000 },
    banKeysPath: join(dir, 'ban-keys.json'),
  }
  it = await startTestProxy('aedes', rules)
  const recorder = await addTestRecorder(it.chain)
  secondRecords = await recorder.open()
  second = await startSecond()
  await it.chain.call('giveTopic', ['plant', it.chain.owner.address])
  await it.chain.call('registerTopic', ['plant/#'])
})
const startSecond = (): Promise<RunningProxy> =>
  startProxy({
    ...it.options,
    journal: secondRecords.journal,
    viewSnapshotPath: join(dir, 'view.json'),
    provedPlace: { dir: join(dir, 'proved'), name: 'second' },
  })
afterAll(async () => {
  for (const client of clients) client.end(true)
  await second.stop()
  await secondRecords.stop()
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Resolves with the CONNACK's code, and the client that stays. */
async function signIn(
  sensor: Sensor,
  { from, at = it.proxy }: { from: string; at?: RunningProxy },
): Promise<{ code: number; client: MqttClient }> {
  const given = sensor.password === undefined ? {} : { password: sensor.password }
  const options = credentialOptions(it, { ...sensor, ...given, account: sensor.account as never, resubscribe: false })
  const client = new MqttClient(() => connect({ port: at.port, host: '127.0.0.1', localAddress: from }), options)
  clients.push(client)
  client.on('error', () => {})
  const code = await new Promise<number>((resolve) => {
    client.once('connect', () => resolve(0))
    client.once('error', (error) => resolve((error as ErrorWithReasonCode).code as number))
  })
  return { code, client }
}

const codeOf = (work: Promise<unknown>): Promise<number> =>
  Promise.race([work, pause(5_000).then(() => Promise.reject({ code: -1 }))]).then(
    () => 0,
    (error: ErrorWithReasonCode) => error.code,
  )

async function guess(
  times: number,
  how: { from: string; at?: RunningProxy },
  clientId: (i: number) => string,
): Promise<void> {
  const account = wallet()
  const password = credentialOptions(it, { account: wallet() as never, clientId: 'of another' }).password as string
  const guesses = Array.from({ length: times }, (_, i) => ({ account, clientId: clientId(i), password }))
  for (let i = 0; i < times; i += 20) await Promise.all(guesses.slice(i, i + 20).map((one) => signIn(one, how)))
}

describe('a ban', () => {
  test('is on chain at once, and the other proxy honours it with the next block', async () => {
    const place = { from: '127.0.0.21' }
    await guess(6, place, () => 'guesser')
    const guesser = { account: wallet(), clientId: 'guesser' }
    expect((await signIn(guesser, place)).code).toBe(0x8a)
    await expect.poll(() => second.bans().length, { timeout: 45_000 }).toBe(1)
    const there = { ...place, at: second }
    expect((await signIn(guesser, there)).code).toBe(0x8a)
    expect((await signIn({ ...guesser, clientId: 'another' }, there)).code).toBe(0)
    expect((await signIn(guesser, { from: '127.0.0.22', at: second })).code).toBe(0)
    await it.records.flush()

    const { records } = await readHistory(it.chain, it.recorder)
    const ban = records.find(({ action }) => action === Action.BAN)
    expect(ban).toMatchObject({
      account: ZERO_ADDRESS,
      outcome: Outcome.DENIED,
      denialReason: DenialReason.BANNED,
      span: 3_600,
      count: 1,
    })
    expect(it.proxy.bans()[0]).toMatchObject({
      topicId: ban?.topicId,
      target: { network: '127.0.0.21/32', clientId: 'guesser' },
    })
  })

  test('is lifted on both by whoever lifts it', async () => {
    expect(await it.proxy.liftBan({ kind: 'network', network: '127.0.0.99/32' })).toBe(0)
    expect(await second.liftBan({ kind: 'network', network: '127.0.0.21/32', clientId: 'guesser' })).toBe(1)
    await expect.poll(() => it.proxy.bans().length, { timeout: 45_000 }).toBe(0)
    expect((await signIn({ account: wallet(), clientId: 'guesser' }, { from: '127.0.0.21' })).code).toBe(0)
  })

  test('is known to a proxy that starts later', async () => {
    await guess(6, { from: '127.0.0.23' }, () => 'early')
    await expect.poll(() => second.bans().length, { timeout: 45_000 }).toBe(1)
    await it.records.flush()
    const third = await startProxy({ ...it.options, viewSnapshotPath: join(dir, 'third.json') })
    expect((await signIn({ account: wallet(), clientId: 'early' }, { from: '127.0.0.23', at: third })).code).toBe(0x8a)
    await third.stop()
  })
})

test('an account that is suspended and goes on asking has one record a minute, with how often', async () => {
  const account = await it.chain.account()
  const place = { from: '127.0.0.25' }
  expect((await signIn({ account, clientId: 'valve' } as never, place)).code).toBe(0)
  await it.chain.call('suspend', [account.address, Math.floor(Date.now() / 1_000) + 3_600])
  await expect.poll(async () => (await signIn({ account, clientId: 'valve' } as never, place)).code).toBe(0x87)
  for (let i = 0; i < 8; i++)
    expect((await signIn({ account, clientId: `valve-${i}` } as never, place)).code).toBe(0x87)
  await it.records.flush()
  const { records } = await readHistory(it.chain, it.recorder)
  const refused = records.filter((one) => one.account === account.address && one.outcome === Outcome.DENIED)
  const shut = refused.filter(({ denialReason }) => denialReason === DenialReason.WALLET_SUSPENDED)
  expect(shut.filter(({ action }) => action === Action.CONNECT).length).toBeLessThanOrEqual(2) // a tick may fall between
  expect(
    shut.reduce((sum, { action, count }) => sum + (action === Action.CONNECT ? count : 0), 0),
  ).toBeGreaterThanOrEqual(9)
})

test('who proved himself from a banned address before the proxy was started again still comes in', async () => {
  const from = '127.0.0.24'
  const known = { account: wallet(), clientId: 'pump' }
  const { client } = await signIn(known, { from, at: second })
  await client.endAsync()
  await guess(6, { from, at: second }, () => 'pump')
  await secondRecords.flush()
  await second.stop()
  second = await startSecond()
  expect((await signIn({ account: wallet(), clientId: 'pump' }, { from, at: second })).code).toBe(0x8a)
  expect((await signIn(known, { from, at: second })).code).toBe(0)
})

describe('of a hundred sensors behind one address, one misbehaves', () => {
  const from = '127.0.0.31'
  const owners = Array.from({ length: 10 }, wallet)
  const sensors: (Sensor & { client?: MqttClient })[] = []

  beforeAll(async () => {
    for (const owner of owners) await it.chain.grant('plant/#', owner.address, 1)
    await viewCaughtUp(it)
    for (let i = 0; i < 100; i++) {
      const account = owners[i % 10]!
      const clientId = `sensor-${i}`
      const password = credentialOptions(it, { account: account as never, clientId }).password as string
      sensors.push({ account, clientId, password })
    }
    for (const group of [0, 25, 50, 75].map((start) => sensors.slice(start, start + 25))) {
      await Promise.all(
        group.map(async (sensor) => Object.assign(sensor, { client: (await signIn(sensor, { from })).client })),
      )
    }
  }, 30_000)

  const publish = ({ client, clientId }: (typeof sensors)[number]): Promise<number> =>
    codeOf(client?.publishAsync(`plant/${clientId}`, '1', { qos: 1 }) ?? Promise.reject(new Error('no client')))

  test('by what it publishes: it is banned, and all others of its wallet go on', async () => {
    const [bad, ...good] = sensors
    const codes: number[] = []
    for (let i = 0; i < 20; i++) codes.push(await codeOf(bad!.client!.publishAsync('office/door', 'open', { qos: 1 })))
    expect(new Set(codes)).toEqual(new Set([0x87]))
    const gone = new Promise<void>((resolve) => bad!.client!.once('close', () => resolve()))
    bad!.client!.publish('office/door', 'open', { qos: 1 })
    await gone
    expect((await signIn(bad!, { from })).code).toBe(0x8a)
    expect(await Promise.all(good.map(publish))).toEqual(good.map(() => 0))
  })

  test('by guessing passwords: its address is banned for strangers alone, live or connecting anew', async () => {
    await guess(60, { from }, (i) => `c${i}`)
    expect((await signIn({ account: wallet(), clientId: 'newcomer' }, { from })).code).toBe(0x8a)
    expect((await signIn({ account: wallet(), clientId: 'newcomer' }, { from: '127.0.0.32' })).code).toBe(0)
    const good = sensors.slice(1)
    expect(await Promise.all(good.map(publish))).toEqual(good.map(() => 0))
    for (const { client } of good) await client?.endAsync()
    for (const sensor of good.slice(0, 30)) Object.assign(sensor, await signIn(sensor, { from }))
    expect(await Promise.all(good.slice(0, 30).map(publish))).toEqual(Array(30).fill(0))
  }, 30_000)
})

test('a wallet without any right is banned on this proxy alone: keys cost nothing, and a BAN record does', async () => {
  const nobody = { account: wallet(), clientId: 'nobody' }
  const place = { from: '127.0.0.35' }
  const { client } = await signIn(nobody, place)
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()))
  for (let i = 0; i < 21; i++) client.publish('office/door', 'open', { qos: 1 }, () => {})
  await gone
  expect((await signIn(nobody, place)).code).toBe(0x8a)
  await it.records.flush()
  const { records } = await readHistory(it.chain, it.recorder)
  const ban = it.proxy
    .bans()
    .find(({ target }) => target?.kind === 'wallet' && target.wallet === nobody.account.address)
  expect(ban).toBeDefined()
  expect(records.filter(({ action, topicId }) => action === Action.BAN && topicId === ban?.topicId)).toEqual([])
  expect((await signIn(nobody, { ...place, at: second })).code).toBe(0)
})

describe('a victim', () => {
  test('is not slowed, banned or logged out by wrong passwords in its name, from elsewhere or next door', async () => {
    const account = wallet()
    await it.chain.grant('plant/#', account.address, 1)
    await viewCaughtUp(it)
    const victim = {
      account,
      clientId: 'victim',
      password: credentialOptions(it, { account: account as never, clientId: 'victim' }).password as string,
    }
    const { client } = await signIn(victim, { from: '127.0.0.41' })
    const wrong = { ...victim, password: sensorsPassword() }
    for (const from of ['127.0.0.42', '127.0.0.41']) for (let i = 0; i < 12; i++) await signIn(wrong, { from })
    expect(client.connected).toBe(true)
    expect(await codeOf(client.publishAsync('plant/victim', 'well', { qos: 1 }))).toBe(0)
    await client.endAsync()
    for (const from of ['127.0.0.41', '127.0.0.43'])
      expect([from, (await signIn(victim, { from })).code]).toEqual([from, 0])
  }, 30_000)
})

const sensorsPassword = (): string =>
  credentialOptions(it, { account: wallet() as never, clientId: 'x' }).password as string
