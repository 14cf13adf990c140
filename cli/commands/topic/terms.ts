/** @module `flytrap topic terms | price | countries | sealed`: changes some of a topic's terms and keeps the others. */
import colors from 'picocolors'
import { setTerms } from '../../../domain/contract-calls.ts'
import { describeChange } from '../../../domain/terms.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { termsOf } from '../../actions/contract-reads.ts'
import { applyTerms, changesTerms, type TermsOptions, termsResult } from '../../actions/topic-terms.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { usage } from '../../errors.ts'
import { quoted, visible } from '../../terminal/output.ts'

export async function terms(filter: string, options: SigningOptions & TermsOptions): Promise<void> {
  if (!changesTerms(options))
    throw usage(
      `Say what to change: --publish-price, --subscribe-price, --period, --countries, --sealed or --no-sealed. What stands now: npx flytrap topic show ${quoted(filter)}`,
    )
  const context = await openSigning(options)
  const { output, rpc, deployment } = context
  const before = await termsOf({ rpc, contract: deployment.contract }, filter)
  const after = applyTerms(before, options)
  const warnings = warningsOf(before.offers !== 0 && after.offers !== 0, options)
  const step = { ...setTerms(filter, after), what: `set the terms of ${filter}` }
  const receipts = await carryOut(context, { steps: [step], facts: describeChange(before, after), warnings })
  if (receipts === undefined) return
  const { transactionHash, blockNumber } = receipts[0]!
  output.line(`${colors.green('✓')} the terms of ${visible(filter)} are set ${colors.dim(`(block ${blockNumber})`)}`)
  output.result({ terms: filter, ...termsResult(after), transaction: transactionHash })
}

export interface PriceOptions extends SigningOptions {
  publish?: string
  subscribe?: string
  period?: string
}

export function price(filter: string, { publish, subscribe, ...options }: PriceOptions): Promise<void> {
  return terms(filter, {
    ...options,
    ...(publish === undefined ? {} : { publishPrice: publish }),
    ...(subscribe === undefined ? {} : { subscribePrice: subscribe }),
  })
}

export const countries = (filter: string, rule: string, options: SigningOptions): Promise<void> =>
  terms(filter, { ...options, countries: rule })

export function sealed(filter: string, mode: string, options: SigningOptions): Promise<void> {
  if (mode !== 'on' && mode !== 'off') throw usage(`Say on or off: npx flytrap topic sealed ${quoted(filter)} on`)
  return terms(filter, { ...options, sealed: mode === 'on' })
}

function warningsOf(
  isSoldOn: boolean,
  { publishPrice, subscribePrice, period, countries: rule }: TermsOptions,
): string[] {
  const changesPrice = [publishPrice, subscribePrice, period].some((option) => option !== undefined)
  return [
    ...(isSoldOn && changesPrice
      ? [
          'Rights that were bought keep their end and price; while they run they cannot be renewed at another price or period.',
        ]
      : []),
    ...(rule === undefined ? [] : ['Countries bite at once, for rights that were sold as well.']),
  ]
}
