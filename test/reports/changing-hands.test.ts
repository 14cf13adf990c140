/** Reports over rights that were bought, renewed and lost with their topic: what they say, and what verifying finds. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventTopic } from '../../contracts/abi/events.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { makeReport, type ReportOrder } from '../../reports/make-report.ts'
import { remakeReport } from '../../reports/remake.ts'
import type { Attachment } from '../../reports/verify/format/report.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import type { Account, TestChain } from '../support/chain.ts'
import { compiled, forge } from '../support/forge-report.ts'
import { advance, evidenceBlock } from '../support/kitchen-story.ts'
import { startRecorder } from '../support/recorded-chain.ts'
import { found, type ReportChain, startReportChain } from '../support/report-chain.ts'

const PRICE = 10n ** 15n

let chain: ReportChain
let it: TestChain
let order: (topicFilter?: string) => ReportOrder
let [buyer, friend, heir]: Account[] = []
let honest: Attachment

/** `weather` is sold to a buyer, granted twice to a friend, and handed over to an heir; all three use it. `gale` is used by the friend afterwards all the same. */
beforeAll(async () => {
  chain = await startReportChain()
  it = chain.it
  ;[buyer, friend, heir] = [await it.account(), await it.account(), await it.account()]
  const recorder = await startRecorder(it, await it.account())
  for (const filter of ['weather', 'gale']) await it.call('giveTopic', [filter, it.owner.address])
  const offer = { offers: Right.SUBSCRIBE, publishPrice: 0n, subscribePrice: PRICE, period: 86_400, isSealed: false }
  await it.call('setTerms', ['weather', { ...offer, countryRule: 0, countries: 0n }])
  for (const filter of ['weather', 'weather', 'gale']) {
    await it.grant(filter, friend.address, Right.SUBSCRIBE)
    await advance(it, 3)
  }
  await it.pay('purchase', ['weather', Right.SUBSCRIBE, 1, ZERO_BYTES32], PRICE, buyer.sender)

  const read = async (account: Account, grantId: number, filter = 'weather', action: number = Action.SUBSCRIBE) => {
    const evidence = { clientId: 'reader', ...(await evidenceBlock(it)), names: [{ name: filter, count: 1 }] }
    const start = await advance(it, 5)
    const told = { action, account: account.address, topicId: topicIdOf(filter), grantId, firstAt: start - 2, evidence }
    await recorder.write([told as never], { through: start - 1, builtAt: start })
  }
  await read(buyer, 4)
  await read(friend, 2)
  for (const filter of ['weather', 'gale']) {
    await it.call('proposeTransfer', [topicIdOf(filter), heir.address])
    const [, proposal] = await it.read('proposalOf', [topicIdOf(filter)])
    await it.call('acceptTransfer', [topicIdOf(filter), proposal], heir.sender)
  }
  await read(heir, 0, 'weather', Action.PUBLISH)
  await read(buyer, 4)
  await read(friend, 3, 'gale')
  await advance(it, 5)
  const whole = await chain.order(recorder, { topicFilter: 'weather' })
  order = (topicFilter = 'weather') => ({ ...whole, question: { topicFilter } })
  honest = await compiled(order())
})
afterAll(() => chain.stop())

const failedIn = async (pdf: Uint8Array) => (await found(pdf, { rpcUrl: it.chain.url })).failed

test('an honest report over bought rights and a topic that changed hands is verified with a node', async () => {
  const { pdf } = await makeReport(order())
  expect(await failedIn(pdf)).toEqual([])
  expect(await verifyReport(pdf, { remake: remakeReport, rpcUrl: it.chain.url })).toMatchObject({
    result: 'VERIFIED',
    exitCode: 0,
  })
})

test('it tells the buyer with the seller, the grant that another replaced as ended, and the owner of now', () => {
  const { grants, topics, rows } = honest.report
  expect(rows).toHaveLength(4)
  expect(topics).toMatchObject([{ filter: 'weather', owner: heir?.address }])
  expect(grants).toMatchObject([
    { id: 1, account: friend?.address, ended: { by: it.owner.address } },
    { id: 2, account: friend?.address, ended: null },
    { id: 4, account: buyer?.address, grantor: it.owner.address, lawfulBasis: 'CONTRACT', ended: null },
  ])
  expect(grants[0]?.ended?.at).toBe(grants[1]?.since)
})

test('an access under a grant that went with the former owner fails decisions', async () => {
  const { pdf } = await makeReport(order('gale'))
  expect(await failedIn(pdf)).toEqual(['decisions'])
})

test('a bundle that leaves out the transfer, so that the grant seems to count, fails with a node', async () => {
  const transferred = eventTopic('TopicTransferred')
  const hiding = await forge(
    await compiled(order('gale')),
    ({ bundle }) => {
      bundle.logs = bundle.logs.filter(({ topics }) => !(topics[0] === transferred && topics[1] === topicIdOf('gale')))
    },
    order('gale'),
  )
  const failed = await failedIn(hiding)
  expect(failed).toContain('events-on-chain')
  expect(failed).not.toContain('decisions')
})

test('a report that leaves out a purchase fails grants', async () => {
  const short = await forge(
    honest,
    ({ report }) => {
      report.grants = report.grants.filter(({ id }) => id !== 4)
    },
    order(),
  )
  expect(await failedIn(short)).toContain('grants')
})
