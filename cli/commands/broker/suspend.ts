/** @module `flytrap suspend`: takes all rights from an account for a time, or gives them back. By the broker owner. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { usage } from '../../errors.ts'
import { addressOf } from '../../home/keys.ts'
import { now, parseUntil } from '../../times.ts'

export async function suspend(
  account: string,
  options: SigningOptions & { until?: string; lift?: boolean },
): Promise<void> {
  if ((options.until === undefined) !== (options.lift === true))
    throw usage('Say until when, or --lift: npx flytrap suspend ACCOUNT --until 7d')
  const until = options.until === undefined ? 0 : parseUntil(options.until)
  if (options.until !== undefined && until <= now()) throw usage('--until lies in the future: 7d, a date, or never.')
  const context = await openSigning(options)
  const address = addressOf(context.home, account)
  const words =
    until === 0 ? `${account} may again what its rights say` : `${account} may nothing until ${showTime(until)}`
  const receipts = await carryOut(context, {
    steps: [
      {
        name: 'suspend',
        args: [address, until],
        what: until === 0 ? `lift ${account}’s suspension` : `suspend ${account}`,
      },
    ],
    facts: [
      ['account', address],
      ['then', words],
    ],
    warnings:
      until === 0 ? [] : ['All its rights rest, bought ones and ownership too; live connections end within one block.'],
  })
  if (receipts === undefined) return
  context.output.line(`${colors.green('✓')} ${words} ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  context.output.result({ suspended: address, until, transaction: receipts[0]?.transactionHash })
}
