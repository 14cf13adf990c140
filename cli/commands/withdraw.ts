/** @module `flytrap withdraw`: pays an account's income out, to itself or, by its own word, to another. */
import colors from 'picocolors'
import { showEth } from '../../domain/amounts.ts'
import { carryOut } from '../actions/carry-out.ts'
import { creditOf } from '../actions/contract-reads.ts'
import { openSigning, type SigningOptions } from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { addressOf, createNamer } from '../home/keys.ts'

export async function withdraw(account: string | undefined, options: SigningOptions & { to?: string }): Promise<void> {
  const context = await openSigning(options)
  const { home, output, signer, rpc, deployment } = context
  const from = account === undefined ? signer.address : addressOf(home, account)
  const to = options.to === undefined ? from : addressOf(home, options.to)
  if (to !== from && from !== signer.address)
    throw usage('Only the account itself can name another receiver: sign with --as NAME.')
  const amount = await creditOf({ rpc, contract: deployment.contract }, from)
  const person = createNamer(home)
  if (amount === 0n)
    throw new CliError(
      'NOTHING_TO_WITHDRAW',
      `${person(from)} has no income to withdraw. See: npx flytrap income ${person(from)}`,
    )
  const call = to === from ? { name: 'withdraw', args: [from] } : { name: 'withdrawTo', args: [to] }
  const receipts = await carryOut(context, {
    steps: [{ ...call, what: `pay out ${person(from)}’s income to ${to === from ? 'itself' : person(to)}` }],
    facts: [['amount', `${showEth(amount)}, all that is there`]],
  })
  if (receipts === undefined) return
  const { transactionHash, blockNumber } = receipts[0]!
  output.line(`${colors.green('✓')} ${showEth(amount)} went to ${person(to)} ${colors.dim(`(block ${blockNumber})`)}`)
  output.result({ withdrawn: from, to, amountWei: amount, transaction: transactionHash })
}
