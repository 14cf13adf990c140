/** A renewal costs its sender a signature and the operator a record: what one connection causes by them is bounded too. */
import { Wallet } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Address, type Hex, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason } from '../../domain/enums.ts'
import type { Account } from '../support/chain.ts'
import { connectBySignature, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'
import { renewOn } from '../support/renew.ts'

const LIMITS = { newcomersPerMinute: 5, newcomersPerAddress: 5, recordsPerConnection: 6 }
let it: TestProxy
let sensor: Account

beforeAll(async () => {
  it = await startTestProxy('aedes', { limits: LIMITS })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 2)
  await viewCaughtUp(it)
})
afterAll(() => it.stop())

const recordsSince = async (since: number) => {
  await it.records.flush()
  const { records, evidence } = await readHistory(it.chain, it.recorder)
  return records.map((record, i) => ({ ...record, text: evidence[i]?.text ?? '' })).slice(since)
}
const sum = (counted: readonly { count: number }[]): number => counted.reduce((total, { count }) => total + count, 0)

test('renewals and what is asked for between them share records once a connection had its own', async () => {
  const before = (await recordsSince(0)).length
  const client = await connectBySignature(it, { account: sensor, clientId: 'busy' })
  for (let i = 0; i < 15; i++) {
    expect(await renewOn(it, client, { account: sensor, clientId: 'busy', key: sensor.key })).toBe('AUTH 0')
    await client.subscribeAsync('home/kitchen')
  }
  await client.endAsync()
  const mine = await recordsSince(before)
  const renewals = mine.filter(({ action }) => action === Action.AUTHENTICATE)
  expect([sum(renewals), sum(mine.filter(({ action }) => action === Action.SUBSCRIBE))]).toEqual([15, 15])
  for (const { account } of renewals) expect(account).toBe(sensor.address)
  // A tick may fall between.
  expect(mine.length).toBeLessThanOrEqual(LIMITS.recordsPerConnection + 4)
})

test('a renewal that would share a record by another key ends the connection: each key’s renewals are told apart', async () => {
  const key = await it.chain.account()
  await it.chain.call('authorizeDevice', [key.address, 2 ** 40 - 1], sensor.sender)
  await viewCaughtUp(it)
  const before = (await recordsSince(0)).length
  const client = await connectBySignature(it, { account: sensor, clientId: 'keys' })
  client.on('error', () => {})
  const renew = (by: Account) => renewOn(it, client, { account: sensor, clientId: 'keys', key: by.key })
  for (let i = 0; i < 8; i++) expect(await renew(sensor)).toBe('AUTH 0')
  expect(await renew(key)).toBe(`DISCONNECT ${0x97}`)
  client.end(true)
  const mine = (await recordsSince(before)).filter(({ action }) => action === Action.AUTHENTICATE)
  const byDevice = mine.filter(({ text }) => text.includes(`"device":"${key.address}"`))
  expect([sum(mine), sum(byDevice)]).toEqual([9, 1])
})

test('a newcomer renews as there is room for newcomers, and is refused beyond it', async () => {
  const { privateKey, address } = Wallet.createRandom()
  const stranger = { key: privateKey as Hex, address: address.toLowerCase() as Address } as Account
  const before = (await recordsSince(0)).length
  const client = await connectBySignature(it, { account: stranger, clientId: 'stranger' })
  client.on('error', () => {})
  const codes: string[] = []
  for (let i = 0; i < LIMITS.newcomersPerAddress; i++)
    codes.push(await renewOn(it, client, { account: stranger, clientId: 'stranger', key: stranger.key }))
  client.end(true)
  // One was taken by CONNECT.
  expect(codes).toEqual([...Array(4).fill('AUTH 0'), `DISCONNECT ${0x97}`])
  const refused = (await recordsSince(before)).filter(({ denialReason }) => denialReason !== DenialReason.NONE)
  expect(refused.map(({ action, denialReason }) => [action, denialReason])).toEqual(
    expect.arrayContaining([
      [Action.AUTHENTICATE, DenialReason.RATE_EXCEEDED],
      [Action.CUT, DenialReason.RATE_EXCEEDED],
    ]),
  )
  for (const { account } of refused) expect(account).toBe(ZERO_ADDRESS)
})
