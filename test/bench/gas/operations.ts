/** @module Each operation once on fresh storage, and where it differs much once more on the same. */
import { Wallet } from 'ethers'
import { topicIdOf } from '../../../domain/topic-filter.ts'
import { domainOf } from '../../../domain/typed-data.ts'
import { type Account, FOREVER, type TestChain } from '../../support/chain.ts'
import type { Figure } from '../gas.ts'
import { measure } from './measure.ts'

const PURPOSE = `0x${'c5'.repeat(32)}`
const PRICE = 10n ** 15n
const FEE = 10n ** 13n
const FIRST_LEVEL = 'home'
const TOPIC = 'home/kitchen'
const TERMS = { offers: 3, publishPrice: PRICE, subscribePrice: PRICE, period: 30 * 86_400 }
const ANYWHERE = { countryRule: 0, countries: 0n, isSealed: false }

export async function measureOperations(it: TestChain): Promise<Figure[]> {
  const [owner, device, buyer, other, recorder] = [
    it.owner,
    ...(await Promise.all([1, 2, 3, 4].map(() => it.account()))),
  ] as [Account, Account, Account, Account, Account]
  const figures: Figure[] = []
  const spend = async (
    name: string,
    goal: string,
    ...call: [Account, string, readonly unknown[], bigint?]
  ): Promise<void> => {
    const spent = await measure(it, ...call)
    figures.push({ name, value: spent.gas, unit: 'gas', comparedWith: goal, spent })
  }
  const voucher = async (filter: string): Promise<unknown[]> => {
    const message = { filter, owner: other.address, deadline: FOREVER }
    const types = {
      Registration: [
        { name: 'filter', type: 'string' },
        { name: 'owner', type: 'address' },
        { name: 'deadline', type: 'uint256' },
      ],
    }
    const domain = domainOf({ chainId: 31_337n, contract: it.contract.address })
    return [filter, FOREVER, await new Wallet(owner.key).signTypedData(domain, types, message)]
  }

  await spend('give a first-level name', 'goal 57-65k', owner, 'giveTopic', [FIRST_LEVEL, owner.address])
  await spend('redeem a voucher for one', 'goal 57-65k + signature', other, 'redeemTopic', await voucher('office'))
  await spend('register a literal topic below', 'goal 57-65k', owner, 'registerTopic', [TOPIC])
  await spend('register a wildcard', 'goal 57-65k', owner, 'registerTopic', ['home/#'])
  await spend('grant one right', 'goal 65k', owner, 'grant', [TOPIC, device.address, 2, FOREVER, 1, PURPOSE])
  await spend('grant both rights', 'two grants', owner, 'grant', [TOPIC, other.address, 3, FOREVER, 1, PURPOSE])
  await spend('grant both rights again', 'goal 58k', owner, 'grant', [TOPIC, other.address, 3, FOREVER, 2, PURPOSE])
  await spend('revoke one right', 'one grant', owner, 'revoke', [TOPIC, device.address, 2])
  await spend('set terms', 'first time', owner, 'setTerms', [TOPIC, { ...TERMS, ...ANYWHERE }])
  await spend('set terms again', 'another price', owner, 'setTerms', [
    TOPIC,
    { ...TERMS, ...ANYWHERE, subscribePrice: 2n * PRICE },
  ])
  await spend('set terms with countries', 'a set of countries', owner, 'setTerms', [
    'home/#',
    { ...TERMS, ...ANYWHERE, countryRule: 1, countries: 255n },
  ])
  await spend('set fees', 'share, two flat fees', owner, 'setFees', [500, 0n, FEE])
  const seller = await it.account()
  await it.call('giveTopic', ['shop', seller.address])
  const subscribing = ['shop', 2, 0, PURPOSE] as const
  await it.call('setTerms', ['shop', { ...TERMS, ...ANYWHERE }], seller.sender)
  await spend('purchase, the very first', 'two new credits', buyer, 'purchase', subscribing, PRICE)
  await spend('purchase, a new buyer', 'goal 112k', other, 'purchase', subscribing, PRICE)
  await spend('purchase, renewal', 'goal 79k', buyer, 'purchase', subscribing, PRICE)
  await spend(
    'purchase to publish, with the flat fee',
    'goal 112k',
    other,
    'purchase',
    ['shop', 1, 0, PURPOSE],
    PRICE + FEE,
  )
  await spend('end a bought right, by the buyer', 'no refund', other, 'endPurchase', ['shop', other.address, 2])
  await spend(
    'end a bought right, by the owner',
    'refund',
    seller,
    'endPurchase',
    ['shop', buyer.address, 2],
    2n * PRICE,
  )
  await spend('withdraw', 'goal 38k', other, 'withdraw', [seller.address])
  await spend('propose a transfer', 'one topic', owner, 'proposeTransfer', [topicIdOf(TOPIC), other.address])
  const [, proposal] = await it.read('proposalOf', [topicIdOf(TOPIC)])
  await spend('accept a transfer', 'one topic', other, 'acceptTransfer', [topicIdOf(TOPIC), proposal])
  await spend('authorize a device', 'first nonce', owner, 'authorizeDevice', [device.address, FOREVER])
  await spend('revoke a device', 'one device', owner, 'authorizeDevice', [device.address, 0])
  await spend('revoke a credential', 'one credential', owner, 'revokeCredential', [`0x${'ab'.repeat(16)}`])
  await spend('appoint an auditor', 'of one topic', owner, 'setAuditor', [device.address, 'home/#', FOREVER])
  await spend('suspend an account', 'one account', owner, 'suspend', [device.address, FOREVER])
  await spend('add a recorder', 'one recorder', owner, 'addRecorder', [recorder.address])
  await spend('set a report signer', 'one certificate', owner, 'setReportSigner', [PURPOSE, 0, FOREVER])
  await spend('anchor a report', 'one event', recorder, 'issueReport', [PURPOSE, 1])
  return figures
}
