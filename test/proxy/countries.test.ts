import type { ErrorWithReasonCode } from 'mqtt'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { COUNTRIES } from '../../domain/country.ts'
import { CountryRule, DenialReason } from '../../domain/enums.ts'
import { Countries } from '../../proxy/geo/countries.ts'
import { openDatabase } from '../../proxy/geo/database.ts'
import type { Account } from '../support/chain.ts'
import { connectDevice, inbox, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'
import { publish, startTrapStage } from '../support/trap-stage.ts'

const bit = (country: string): bigint => 1n << BigInt(COUNTRIES.indexOf(country))
const terms = (countryRule: number, countries: bigint) => [0, 0, 0, 0, countryRule, countries, false]

describe('a topic that may be used from some countries only', () => {
  let it: TestProxy
  let sensor: Account
  const countries = new Countries(openDatabase())
  const from = (country?: string): void => {
    countries.setOverrides(country === undefined ? {} : { '127.0.0.0/8': country })
    it.proxy.relocate()
  }

  beforeAll(async () => {
    it = await startTestProxy('aedes', { countries })
    sensor = await it.chain.account()
    await it.chain.call('giveTopic', ['home', it.chain.owner.address])
    await it.chain.call('registerTopic', ['home/#'])
    await it.chain.grant('home/#', sensor.address, 3)
    await it.chain.call('setTerms', ['home', terms(CountryRule.ONLY, bit('DE') | bit('FR'))])
    await it.chain.call('setTerms', ['home/#', terms(CountryRule.ALL_BUT, bit('FR'))])
    await viewCaughtUp(it)
  })
  afterAll(() => it.stop())

  test('is decided anew on a live connection, both ways, and every topic that covers the name must permit it', async () => {
    from('DE')
    const client = await connectDevice(it, { account: sensor, clientId: 'roaming' })
    client.on('error', () => {})
    const received = inbox(client)
    await client.subscribeAsync('home/#', { qos: 1 })
    const publish = (payload: string) =>
      client.publishAsync('home/a', payload, { qos: 1 }).then(
        () => 0,
        (error: ErrorWithReasonCode) => error.code,
      )
    expect(await publish('in Germany')).toBe(0)
    await expect.poll(() => received).toEqual(['home/a in Germany'])
    for (const country of ['FR', 'US', undefined]) {
      from(country)
      expect([country, await publish('elsewhere')]).toEqual([country, 0x87])
    }
    from('DE')
    expect(await publish('back')).toBe(0)
    await expect.poll(() => received).toEqual(['home/a in Germany', 'home/a back'])
    await client.endAsync()
    await it.records.flush()

    const { records, evidence } = await readHistory(it.chain, it.recorder)
    const denied = records.filter(({ denialReason }) => denialReason !== 0).map(({ denialReason }) => denialReason)
    expect(denied).toEqual([
      DenialReason.COUNTRY_NOT_PERMITTED,
      DenialReason.COUNTRY_NOT_PERMITTED,
      DenialReason.COUNTRY_UNKNOWN,
    ])
    const told = evidence
      .map(({ text }) => JSON.parse(text ?? '{}'))
      .filter(({ names }) => names?.[0].name === 'home/a')
    expect(new Set(told.map(({ country }) => country))).toEqual(new Set(['DE', 'FR', 'US', undefined]))
  })
})

test('a country that changes is asked for again at once, for names behind aliases and messages that await their release too', async () => {
  const countries = new Countries(openDatabase())
  countries.setOverrides({ '127.0.0.0/8': 'DE' })
  const stage = await startTrapStage({ countries })
  onTestFinished(() => stage.stop())
  stage.broker.properties.topicAliasMaximum = 10
  await stage.it.chain.call('setTerms', ['home', terms(CountryRule.ONLY, bit('DE'))])
  await viewCaughtUp(stage.it)
  const { device, twin } = await stage.device()
  const named = (topic: string, more: object) => publish({ topic, ...more, properties: { topicAlias: 1 } })
  device.send(publish({ topic: 'home/held', qos: 2, messageId: 1 }))
  await device.take('pubrec')
  await new Promise((resolve) => setTimeout(resolve, 1_000 - (Date.now() % 1_000))) // decisions are good for a second
  device.send(named('home/a', { qos: 1, messageId: 2 }))
  expect((await device.take('puback'))?.reasonCode).toBe(0)
  device.send(publish({ topic: 'home/held', qos: 2, messageId: 1, dup: true }))
  await device.take('pubrec')
  countries.setOverrides({ '127.0.0.0/8': 'US' })
  stage.it.proxy.relocate()
  device.send(named('', { qos: 1, messageId: 3 }))
  expect((await device.take('puback'))?.reasonCode).toBe(0x87)
  device.send({ cmd: 'pubrel', messageId: 1 })
  expect(await device.disconnect()).toBe(0x87)
  expect(twin.count('pubrel')).toBe(0)
})
