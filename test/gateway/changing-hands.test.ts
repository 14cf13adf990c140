import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { parseCountryTerms } from '../../domain/country.ts'
import { Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { type Account, FOREVER, startTestChain, type TestChain } from '../support/chain.ts'
import { type Answer, type ChainGateway, startTestGateway } from '../support/gateway.ts'

const ETHER = 10n ** 18n

/** `weather` is sold to a buyer, granted to a friend, and handed over to an heir. */
let it: TestChain
let gateway: ChainGateway
let [friend, buyer, heir]: Account[] = []
let soldBlock = 0

beforeAll(async () => {
  it = await startTestChain()
  ;[friend, buyer, heir] = [await it.account(), await it.account(), await it.account()]
  const countries = parseCountryTerms('only:DE,FR')
  if (typeof countries === 'string') throw new Error(countries)
  await it.call('giveTopic', ['weather', it.owner.address])
  await it.call('registerTopic', ['weather/#'])
  const terms = { offers: Right.SUBSCRIBE, publishPrice: 0n, subscribePrice: ETHER, period: 86_400, isSealed: false }
  await it.call('setTerms', ['weather/#', { ...terms, ...countries }])
  await it.grant('weather/#', friend?.address ?? '0x', Right.PUBLISH)
  await it.call('setAuditor', [friend?.address, 'weather/#', FOREVER])
  await it.call('setAuditor', [buyer?.address, '', FOREVER])
  const data = encodeCall('purchase', ['weather/#', Right.SUBSCRIBE, 1, ZERO_BYTES32])
  await buyer?.sender.send({ to: it.contract.address, data, value: ETHER })
  soldBlock = Number(await it.chain.rpc.request('eth_blockNumber'))
  await it.call('proposeTransfer', [topicIdOf('weather'), heir?.address])
  const [, proposal] = await it.read('proposalOf', [topicIdOf('weather')])
  await it.call('acceptTransfer', [topicIdOf('weather'), proposal], heir?.sender)
  gateway = await startTestGateway(it)
  await gateway.indexed()
})
afterAll(async () => {
  await gateway?.stop()
  await it?.stop()
})

const rights = async (asOf?: object, topic = 'weather/berlin'): Promise<string[]> => {
  const query = `query($asOf: AsOf, $topic: String) { accessRights(topic: $topic, asOf: $asOf) {
    account { address } right grant { bought { price } } } }`
  const { data, errors } = await gateway.ask(query, { asOf, topic })
  expect(errors).toBeUndefined()
  const names = new Map(
    Object.entries({ owner: it.owner, friend, buyer, heir }).map(([name, who]) => [who?.address, name]),
  )
  return data.accessRights
    .map(
      (r: Answer['data']) =>
        `${names.get(r.account.address.toLowerCase())} ${r.right}${r.grant?.bought ? ' bought' : ''}`,
    )
    .sort()
}

describe('when a topic changes hands', () => {
  test('granted rights count no more, bought ones do', async () => {
    const before = ['buyer SUBSCRIBE bought', 'friend PUBLISH', 'owner PUBLISH', 'owner SUBSCRIBE']
    expect(await rights({ block: `${soldBlock}` })).toEqual(before)
    expect(await rights()).toEqual(['buyer SUBSCRIBE bought', 'heir PUBLISH', 'heir SUBSCRIBE'])
  })

  test('who was appointed to see its evidence has lapsed, auditors of all stand', async () => {
    const query = `query($asOf: AsOf) { auditors(asOf: $asOf) { nodes { topic { filter } state until account { address } } }
      topic(filter: "weather/#", asOf: $asOf) { auditors { nodes { state } } } }`
    const auditors = async (asOf?: object) => {
      const { data } = await gateway.ask(query, { asOf })
      expect(data.topic.auditors.nodes).toEqual([{ state: data.auditors.nodes[1].state }])
      return data.auditors.nodes.map(({ state, topic }: Answer['data']) => [state, topic?.filter ?? 'all'])
    }
    expect(await auditors({ block: `${soldBlock}` })).toEqual([
      ['APPOINTED', 'all'],
      ['APPOINTED', 'weather/#'],
    ])
    expect(await auditors()).toEqual([
      ['APPOINTED', 'all'],
      ['LAPSED', 'weather/#'],
    ])
  })

  test('what was handed over below it is carved out of the rights above, bought ones too', async () => {
    await it.call('registerTopic', ['weather/paris'], heir?.sender)
    expect(await rights(undefined, 'weather/paris/x')).toContain('buyer SUBSCRIBE bought')
    await it.call('proposeTransfer', [topicIdOf('weather/paris'), friend?.address], heir?.sender)
    const [, proposal] = await it.read('proposalOf', [topicIdOf('weather/paris')])
    await it.call('acceptTransfer', [topicIdOf('weather/paris'), proposal], friend?.sender)
    await gateway.indexed()
    expect(await rights(undefined, 'weather/paris/x')).toEqual(['friend PUBLISH', 'friend SUBSCRIBE'])
    expect(await rights()).toContain('buyer SUBSCRIBE bought')
  })

  test('offers and prices count no more, countries do', async () => {
    const query = `query($asOf: AsOf) { topic(filter: "weather/#", asOf: $asOf) {
      terms { sellsSubscribe subscribePrice period countryRule countries } } }`
    const termsAt = async (asOf?: object) => (await gateway.ask(query, { asOf })).data.topic.terms
    const stays = { countryRule: 'ONLY', countries: ['DE', 'FR'] }
    const sold = { sellsSubscribe: true, subscribePrice: `${ETHER}`, period: 86_400 }
    expect(await termsAt({ block: `${soldBlock}` })).toEqual({ ...sold, ...stays })
    expect(await termsAt()).toEqual({ sellsSubscribe: false, subscribePrice: '0', period: null, ...stays })
  })
})

describe('payments', () => {
  test('are the owner’s income, by account, topic and kind', async () => {
    const query = `query($where: PaymentWhere) { payments(where: $where) {
      nodes { account { address credited } topic { filter } income amount } } }`
    const of = async (where: object) => (await gateway.ask(query, { where })).data.payments.nodes
    const [sale] = await of({ account: it.owner.address, income: 'SALE' })
    expect(sale).toMatchObject({ topic: { filter: 'weather/#' }, income: 'SALE', amount: `${ETHER}` })
    expect(await of({ topic: 'weather/#' })).toHaveLength(1)
    expect(await of({ income: 'REFUND' })).toEqual([])
    expect(await of({ from: '2001-01-01', to: '2001-01-02' })).toEqual([])
    const { data } = await gateway.ask('{ topic(filter: "weather/#") { payments { nodes { amount } } } }')
    expect(data.topic.payments.nodes).toHaveLength(1)
  })
})

test('a suspended account has no rights until its time has passed', async () => {
  await it.call('suspend', [buyer?.address, FOREVER])
  await gateway.indexed()
  expect(await rights()).toEqual(['heir PUBLISH', 'heir SUBSCRIBE'])
  const { data } = await gateway.ask('query($a: Address!) { wallet(address: $a) { suspendedUntil credited } }', {
    a: buyer?.address,
  })
  expect(data.wallet.suspendedUntil).not.toBeNull()
})
