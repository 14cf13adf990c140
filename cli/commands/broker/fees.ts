/** @module `flytrap fees`: the broker owner's share of prices and flat fees: shown to all, set by him, one without the others. */
import colors from 'picocolors'
import { showEth } from '../../../domain/amounts.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { type Fees, feesOf } from '../../actions/contract-reads.ts'
import { type GlobalOptions, openChain, openSigning, type SigningOptions } from '../../context.ts'
import { parseEth, parseShare, showShare } from '../../terminal/amounts.ts'

export interface FeesOptions extends SigningOptions {
  share?: string
  registration?: string
  publish?: string
}

export async function fees(options: FeesOptions): Promise<void> {
  const { share, registration, publish } = options
  if ([share, registration, publish].every((option) => option === undefined)) return show(options)
  const context = await openSigning(options)
  const { rpc, deployment, output } = context
  const before = await feesOf({ rpc, contract: deployment.contract })
  const after: Fees = {
    share: share === undefined ? before.share : parseShare(share),
    registrationFee: registration === undefined ? before.registrationFee : parseEth(registration, '--registration'),
    publishFee: publish === undefined ? before.publishFee : parseEth(publish, '--publish'),
  }
  const was = new Map(describe(before))
  const receipts = await carryOut(context, {
    steps: [{ name: 'setFees', args: [after.share, after.registrationFee, after.publishFee], what: 'set the fees' }],
    facts: describe(after).map(([label, text]) => [
      label,
      was.get(label) === text ? `${text} (stays)` : `${was.get(label)} → ${text}`,
    ]),
    warnings: ['They count for every sale, grant and registration from now on; what was paid before stays as it was.'],
  })
  if (receipts === undefined) return
  output.line(`${colors.green('✓')} the fees are set ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  output.result({ ...resultOf(after), transaction: receipts[0]?.transactionHash })
}

async function show(options: GlobalOptions): Promise<void> {
  const { rpc, deployment, output } = await openChain(options)
  const found = await feesOf({ rpc, contract: deployment.contract })
  for (const [label, text] of describe(found)) output.line(`  ${colors.dim(label.padEnd(22))}  ${text}`)
  output.result(resultOf(found))
}

const describe = ({ share, registrationFee, publishFee }: Fees): [string, string][] => [
  ['share of each price', showShare(share)],
  ['each registration', showEth(registrationFee)],
  ['each right to publish', showEth(publishFee)],
]

const resultOf = ({ share, registrationFee, publishFee }: Fees): object => ({
  shareBasisPoints: share,
  registrationFeeWei: registrationFee,
  publishFeeWei: publishFee,
})
