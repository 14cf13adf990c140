/** @module `flytrap topic redeem`: a first-level name by the broker owner's voucher, and its terms if wanted. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { setTerms } from '../../../domain/contract-calls.ts'
import { describeTerms, NO_TERMS } from '../../../domain/terms.ts'
import { carryOut, type Step } from '../../actions/carry-out.ts'
import { feesOf } from '../../actions/contract-reads.ts'
import { checkFilter, FOREVER_WARNING, type PublicOptions } from '../../actions/register-topic.ts'
import { assertUsable, decodeSigned } from '../../actions/signed-text.ts'
import { applyTerms, changesTerms, type TermsOptions } from '../../actions/topic-terms.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { createNamer } from '../../home/keys.ts'
import { visible } from '../../terminal/output.ts'
import { now } from '../../times.ts'

export async function redeem(given: string, options: SigningOptions & TermsOptions & PublicOptions): Promise<void> {
  const { value: voucher } = decodeSigned(['voucher'], given)
  const filter = checkFilter(voucher.filter, options)
  const terms = changesTerms(options) ? applyTerms(NO_TERMS, options) : undefined
  const context = await openSigning(options)
  const { home, output, signer, rpc, deployment } = context
  assertUsable(voucher, deployment, now())
  if (voucher.owner !== signer.address) {
    const person = createNamer(home)(voucher.owner as Address)
    throw new CliError(
      'VOUCHER_NOT_YOURS',
      `This voucher is for ${person}; ${signer.address} signs. Sign with --as NAME.`,
    )
  }
  const { registrationFee } = await feesOf({ rpc, contract: deployment.contract })
  const args = [filter, voucher.deadline, voucher.signature]
  const steps: Step[] = [{ name: 'redeemTopic', args, value: registrationFee, what: `register ${filter}` }]
  if (terms !== undefined) steps.push({ ...setTerms(filter, terms), what: `set the terms of ${filter}` })
  const receipts = await carryOut(context, {
    steps,
    facts: [
      ['voucher', `good until ${showTime(voucher.deadline)}`],
      ...(terms === undefined ? [] : describeTerms(terms)),
    ],
    warnings: [FOREVER_WARNING],
  })
  if (receipts === undefined) return
  const { transactionHash, blockNumber } = receipts[0]!
  output.line(`${colors.green('✓')} ${visible(filter)} is yours ${colors.dim(`(block ${blockNumber})`)}`)
  output.result({ registered: filter, owner: signer.address, transaction: transactionHash, block: blockNumber })
}
