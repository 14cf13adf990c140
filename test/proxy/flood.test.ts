/** Strangers by the hundred before a chain that charges: what they may cost, and who notices nothing of it. */
import { connect } from 'node:net'
import { Wallet } from 'ethers'
import { type ErrorWithReasonCode, MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Address, Hex } from '../../domain/bytes.ts'
import { Action, Outcome } from '../../domain/enums.ts'
import { usualGas } from '../../records/recorder/gas.ts'
import type { Account } from '../support/chain.ts'
import { credentialOptions, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { RULES, readHistory } from '../support/records.ts'

const HOUR_MS = 3_600_000
/** At what a unit of gas costs on a quiet chain. */
const GWEI = 10n ** 9n
/** What an hour may cost: about two hundred records in few batches. */
const SPEND_PER_HOUR = usualGas(200) * 2n * GWEI
/** As if the operator had set no bound: what stops the flood here is its price. */
const LIMITS = { newcomersPerMinute: 100_000, newcomersPerAddress: 100_000, loginsPerAddress: 100_000 }
const WAVE = 25

let it: TestProxy
let sensor: Account

beforeAll(async () => {
  const recording = { spendPerHour: SPEND_PER_HOUR, maxUnanchoredMs: HOUR_MS, anchorEveryMs: 500 }
  it = await startTestProxy('aedes', { limits: LIMITS }, recording)
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 3)
  await viewCaughtUp(it)
})
afterAll(() => it.stop())

const stranger = (): Account => {
  const { privateKey, address } = Wallet.createRandom()
  return { key: privateKey as Hex, address: address.toLowerCase() as Address } as Account
}

/** Resolves with the CONNACK's code, and leaves. */
async function signIn(account: Account, from: string): Promise<number> {
  const options = credentialOptions(it, { account, clientId: `at ${from}`, resubscribe: false })
  const client = new MqttClient(() => connect({ port: it.proxy.port, host: '127.0.0.1', localAddress: from }), options)
  const code = await new Promise<number>((resolve) => {
    client.once('connect', () => resolve(0))
    client.on('error', (error) => resolve((error as ErrorWithReasonCode).code as number))
  })
  await client.endAsync(true)
  return code
}

test('a flood of wallets without any right ends at the door while who holds a right comes in, pays no more than allowed, and is recorded whole', async () => {
  const codes: number[] = []
  let sensorCodes: number[] = []
  const wave = async (first: number) => {
    const froms = Array.from({ length: WAVE }, (_, i) => `127.0.2.${(first + i) % 250}`)
    codes.push(...(await Promise.all(froms.map((from) => signIn(stranger(), from)))))
    sensorCodes = [...sensorCodes, await signIn(sensor, '127.0.0.51')]
  }
  // A batch under way may close the door for a moment: it stays closed once the hour's money is spent.
  const isSpent = () => /spending limit of this hour/.test(it.records.status().trouble ?? '')
  const isShut = () => isSpent() && it.records.journal.isBehind()
  for (let first = 0; first < 3_000 && !isShut(); first += WAVE) await wave(first)
  expect(it.records.status().warning).toMatch(/wallets without any right are not let in/)
  const { length } = codes
  for (let i = 0; i < 4; i++) await wave(length + i * WAVE)
  expect(codes.slice(length)).toEqual(Array(4 * WAVE).fill(0x97))
  expect(new Set(sensorCodes)).toEqual(new Set([0]))
  expect(it.records.journal.unavailable()).toBeUndefined()
  expect(BigInt(it.records.status().spending.lastHourWei)).toBeLessThanOrEqual(SPEND_PER_HOUR)

  // An operator who pays more gets all of it on chain, and lets strangers in again.
  await it.records.setRules({ ...RULES, spendPerHour: 10n ** 18n })
  await it.records.flush()
  const { records } = await readHistory(it.chain, it.recorder)
  const logins = records.filter(({ action }) => action === Action.CONNECT)
  const sum = (outcome: Outcome) =>
    logins.filter((login) => login.outcome === outcome).reduce((total, { count }) => total + count, 0)
  const isIn = codes.filter((code) => code === 0).length
  expect([sum(Outcome.ALLOWED), sum(Outcome.DENIED)]).toEqual([isIn + sensorCodes.length, codes.length - isIn])
  await expect.poll(() => it.records.journal.isBehind()).toBe(false)
  expect(await signIn(stranger(), '127.0.0.52')).toBe(0)
})
