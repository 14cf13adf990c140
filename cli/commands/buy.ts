/** @module `flytrap buy`: buys a right at the price that its topic's owner asks, exactly, and for no less than was shown. */

import colors from 'picocolors'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { FOREVER, showEth, showPeriod, showTime } from '../../domain/amounts.ts'
import type { CurrentTerms } from '../../domain/contract-calls.ts'
import { Right } from '../../domain/enums.ts'
import { eachRight, namesOf, wordsOf } from '../../domain/rights.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { carryOut } from '../actions/carry-out.ts'
import { boughtRight, feesOf, termsOf } from '../actions/contract-reads.ts'
import { preparePurpose } from '../actions/purposes.ts'
import { type RightsFlags, rightsOf } from '../actions/rights-words.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { showShare } from '../terminal/amounts.ts'
import { explainRevert } from '../terminal/explain-revert.ts'
import { quoted, visible } from '../terminal/output.ts'

export interface BuyOptions extends SigningOptions, RightsFlags {
  purpose?: string
}

export async function buy(filter: string, options: BuyOptions): Promise<void> {
  const rights = rightsOf(options)
  if (rights === 0) throw usage(`Say what to buy: npx flytrap buy ${quoted(filter)} --subscribe, --publish or both.`)
  const context = await openSigning(options)
  const { rpc, deployment, output, sender } = context
  const place = { rpc, contract: deployment.contract }
  const [terms, fees] = await Promise.all([termsOf(place, filter), feesOf(place)])
  if ((rights & ~terms.offers) !== 0) throw notForSale(filter, rights & ~terms.offers, sender.address)
  const price = eachRight(rights).reduce((sum, right) => sum + priceOf(terms, right), 0n)
  const fee = (rights & Right.PUBLISH) === 0 ? 0n : fees.publishFee
  const { until, isRenewal } = await endOf(context, filter, rights, terms.period)
  const { commitment: purpose, keep } = preparePurpose(
    evidencePlace(context.home, context.config),
    { filter, account: sender.address },
    options.purpose,
  )
  const verb = isRenewal ? 'renew' : 'buy'
  const call = { name: 'purchase', args: [filter, rights, until, purpose], value: price + fee }
  const receipts = await carryOut(context, {
    steps: [{ ...call, what: `${verb} the right to ${wordsOf(rights)} ${filter}` }],
    facts: [
      ['price', `${showEth(price)} for ${showPeriod(terms.period)}${shareWords(price, fees.share)}`],
      ...((rights & Right.PUBLISH) === 0
        ? []
        : [['fee', `${showEth(fee)} to the broker owner, for a right to publish`] as const]),
      ['until', `${showTime(until)}${until === FOREVER ? '' : ' or a little later'}`],
    ],
    prepare: keep,
    warnings: [
      'Its owner may end it and refunds the unused share then; he may narrow its countries or hand over parts of its subtree without refund.',
    ],
  })
  if (receipts === undefined) return
  const { transactionHash, blockNumber } = receipts[0]!
  output.line(
    `${colors.green('✓')} ${context.signer.name} may ${wordsOf(rights)} ${visible(filter)}, until ${showTime(until)} ${colors.dim(`(block ${blockNumber})`)}`,
  )
  output.line(
    colors.dim(
      `  A device’s user name and password: npx flytrap device credential --as ${quoted(context.signer.name)} --client-id ID`,
    ),
  )
  output.result({
    bought: filter,
    account: sender.address,
    rights: namesOf(rights),
    until,
    paidWei: price + fee,
    purpose,
    transaction: transactionHash,
  })
}

const priceOf = (terms: CurrentTerms, right: Right): bigint =>
  right === Right.PUBLISH ? terms.publishPrice : terms.subscribePrice

const shareWords = (price: bigint, share: number): string =>
  price === 0n || share === 0 ? '' : `, of which the broker owner takes ${showShare(share)}`

/** The least that the purchase buys: the block that mines it is later than the newest one. */
async function endOf({ rpc, deployment, sender }: SigningContext, filter: string, rights: number, period: number) {
  const newest = (await getBlock(rpc, 'latest'))?.timestamp ?? 0
  const holding = { topicId: topicIdOf(filter), account: sender.address }
  const ends: number[] = []
  let isRenewal = false
  for (const right of eachRight(rights)) {
    const held = await boughtRight({ rpc, contract: deployment.contract }, { ...holding, right })
    const isRunning = held !== undefined && held.until > newest
    isRenewal ||= isRunning
    ends.push(period === 0 ? FOREVER : Math.max(newest, held?.until ?? 0) + period)
  }
  return { until: Math.min(...ends), isRenewal }
}

function notForSale(filter: string, rights: number, sender: string): CliError {
  const refusal = { error: 'FlyTrapNotForSale', args: { rights } }
  return new CliError('NOT_FOR_SALE', explainRevert(refusal, { sender, filter }) ?? 'Not for sale.')
}
