/** @module `flytrap topic register`: a filter, the first-level name above it if need be, and its terms. */
import colors from 'picocolors'
import type { Address } from '../../../domain/bytes.ts'
import { registration, setTerms } from '../../../domain/contract-calls.ts'
import { describeTerms, NO_TERMS } from '../../../domain/terms.ts'
import { carryOut, type Step } from '../../actions/carry-out.ts'
import { feesOf } from '../../actions/contract-reads.ts'
import {
  assertMayGive,
  checkFilter,
  FOREVER_WARNING,
  missingAbove,
  type PublicOptions,
} from '../../actions/register-topic.ts'
import { applyTerms, changesTerms, type TermsOptions, termsResult } from '../../actions/topic-terms.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { usage } from '../../errors.ts'
import { addressOf, describeAccount } from '../../home/keys.ts'
import { quoted, visible } from '../../terminal/output.ts'

export interface RegisterOptions extends SigningOptions, TermsOptions, PublicOptions {
  owner?: string
}

export async function register(text: string, options: RegisterOptions): Promise<void> {
  const filter = checkFilter(text, options)
  const terms = changesTerms(options) ? applyTerms(NO_TERMS, options) : undefined
  const context = await openSigning(options)
  const { home, output, signer, rpc, deployment } = context
  const owner = options.owner === undefined ? signer.address : addressOf(home, options.owner)
  const place = { rpc, contract: deployment.contract }
  const missing = await missingAbove(place, filter)
  const wanted = missing === undefined ? [filter] : [missing, filter]
  if (owner !== signer.address) assertForOther(wanted, terms !== undefined, options.owner ?? owner)
  await assertMayGive(place, missing ?? filter, signer.address)

  const { registrationFee } = await feesOf(place)
  const steps: Step[] = wanted.map((name) => ({
    ...registration(name, owner, registrationFee),
    what: `register ${name}`,
  }))
  if (terms !== undefined) steps.push({ ...setTerms(filter, terms), what: `set the terms of ${filter}` })
  const receipts = await carryOut(context, {
    steps,
    facts: [['owner', describeAccount(home, owner)], ...(terms === undefined ? [] : describeTerms(terms))],
    warnings: [FOREVER_WARNING],
    beyond: missing === undefined ? [] : [`registers ${quoted(missing)} above it as well`],
  })
  if (receipts === undefined) return
  for (const [i, name] of wanted.entries()) {
    const { transactionHash, blockNumber } = receipts[i]!
    output.line(`${colors.green('✓')} ${visible(name)} is registered ${colors.dim(`(block ${blockNumber})`)}`)
    output.result({ registered: name, owner, transaction: transactionHash, block: blockNumber })
  }
  if (terms === undefined) return
  output.line(`${colors.green('✓')} its terms are set`)
  output.result({ terms: filter, ...termsResult(terms), transaction: receipts.at(-1)?.transactionHash })
  if (terms.offers !== 0)
    output.line(
      colors.dim(`  Whoever wants it buys it with: npx flytrap buy ${quoted(filter)} ${flagsOf(terms.offers)}`),
    )
}

const flagsOf = (offers: number): string =>
  [offers & 1 ? '--publish' : '', offers & 2 ? '--subscribe' : ''].filter(Boolean).join(' ')

/** Only a name is given to another, and only its owner sets its terms. */
function assertForOther(wanted: readonly string[], hasTerms: boolean, owner: string | Address): void {
  const [first = '', below] = wanted
  if (below !== undefined || first.indexOf('/', 1) !== -1)
    throw usage(
      `Below a name only its owner registers, for himself: npx flytrap topic register ${quoted(wanted.at(-1) ?? '')} --as ${owner}`,
    )
  if (hasTerms)
    throw usage(
      `Only its owner sets its terms. Register it without them, then: npx flytrap topic terms ${quoted(first)} --as ${owner} …`,
    )
}
