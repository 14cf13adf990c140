/** What terms and suspensions make of a report's allowed rows: those that they forbade fail, those from before them do not. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COUNTRIES } from '../../domain/country.ts'
import { Action, CountryRule, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { makeReport } from '../../reports/make-report.ts'
import { type Account, FOREVER, type TestChain } from '../support/chain.ts'
import { advance, evidenceBlock } from '../support/kitchen-story.ts'
import { type RecordedChain, startRecorder } from '../support/recorded-chain.ts'
import { found, type ReportChain, startReportChain } from '../support/report-chain.ts'

const TOPICS = ['early', 'home', 'abroad', 'nowhere', 'free', 'suspended']

let chain: ReportChain
let it: TestChain
let recorder: RecordedChain
let friend: Account

/** A friend reads all topics. `early` and `free` are read before a rule, or the suspension, could matter. */
beforeAll(async () => {
  chain = await startReportChain()
  it = chain.it
  friend = await it.account()
  recorder = await startRecorder(it, await it.account())
  for (const filter of TOPICS) {
    await it.call('giveTopic', [filter, it.owner.address])
    await it.grant(filter, friend.address, Right.SUBSCRIBE)
  }
  await read('early', 'US')
  for (const filter of ['early', 'home', 'abroad', 'nowhere']) await it.call('setTerms', [filter, ONLY_GERMANY])
  await read('home', 'DE')
  await read('abroad', 'US')
  await read('nowhere')
  await read('free')
  await it.call('suspend', [friend.address, FOREVER])
  await read('suspended')
})
afterAll(() => chain.stop())

const ONLY_GERMANY = {
  ...{ offers: 0, publishPrice: 0n, subscribePrice: 0n, period: 0, isSealed: false },
  ...{ countryRule: CountryRule.ONLY, countries: 1n << BigInt(COUNTRIES.indexOf('DE')) },
}

/** Records one message that the friend was given, as a proxy would that let it through. */
async function read(filter: string, country?: string): Promise<void> {
  const names = [{ name: filter, count: 1 }]
  const evidence = { ...(await evidenceBlock(it)), names, ...(country === undefined ? {} : { country }) }
  const start = await advance(it, 5)
  const about = { account: friend.address, topicId: topicIdOf(filter), grantId: TOPICS.indexOf(filter) + 1 }
  const told = { action: Action.DELIVER, ...about, firstAt: start - 2, evidence }
  await recorder.write([told], { through: start - 1, builtAt: start })
}

async function failedAbout(topicFilter: string): Promise<string[]> {
  const { pdf, report } = await makeReport(await chain.order(recorder, { topicFilter }))
  expect(report.rows).toHaveLength(1)
  return (await found(pdf, { rpcUrl: it.chain.url })).failed
}

test.each([
  ['from a country that the terms permit', 'home'],
  ['from any country before the terms said otherwise', 'early'],
  ['before the account was suspended', 'free'],
])('an access %s is verified with a node', async (_, topic) => {
  expect(await failedAbout(topic)).toEqual([])
})

test.each([
  ['from a country that the terms do not permit', 'abroad'],
  ['from nowhere that is known, where the terms name countries', 'nowhere'],
  ['while the account was suspended', 'suspended'],
])('an access %s fails decisions', async (_, topic) => {
  expect(await failedAbout(topic)).toEqual(['decisions'])
})
