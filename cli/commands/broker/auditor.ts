/** @module `flytrap auditor`: who may read evidence that is not his own: of one topic, by its owner, or of all, by the broker owner. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { usage } from '../../errors.ts'
import { addressOf } from '../../home/keys.ts'
import { visible } from '../../terminal/output.ts'
import { now, parseUntil } from '../../times.ts'

export interface AuditorOptions extends SigningOptions {
  topic?: string
  until?: string
  end?: boolean
}

export async function auditor(account: string, options: AuditorOptions): Promise<void> {
  if ((options.until === undefined) !== (options.end === true))
    throw usage('Say until when, or --end: npx flytrap auditor ACCOUNT --topic FILTER --until 30d')
  const until = options.until === undefined ? 0 : parseUntil(options.until)
  if (options.until !== undefined && until <= now()) throw usage('--until lies in the future: 30d, a date, or never.')
  const context = await openSigning(options)
  const address = addressOf(context.home, account)
  const { topic = '' } = options
  const scope = topic === '' ? 'all topics' : topic
  const what =
    until === 0
      ? `end ${account}’s reading of evidence about ${scope}`
      : `let ${account} read evidence about ${scope} until ${showTime(until)}`
  const receipts = await carryOut(context, {
    ...(topic === '' ? {} : { filter: topic }),
    steps: [{ name: 'setAuditor', args: [address, topic, until], what }],
    facts: [['auditor', address]],
    warnings:
      until === 0
        ? []
        : [
            'Evidence names IP addresses, client ids and concrete topic names: personal data. Each disclosure is recorded.',
          ],
  })
  if (receipts === undefined) return
  const done = until === 0 ? 'no longer reads' : 'may read'
  context.output.line(
    `${colors.green('✓')} ${account} ${done} evidence about ${visible(scope)} ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`,
  )
  context.output.result({
    auditor: address,
    topic: topic === '' ? null : topic,
    until,
    transaction: receipts[0]?.transactionHash,
  })
}
