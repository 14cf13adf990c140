/** @module `flytrap topic transfer`: offers a literal topic to another account, or withdraws the offer. */
import colors from 'picocolors'
import { ZERO_ADDRESS } from '../../../domain/bytes.ts'
import { isWildcard, topicIdOf } from '../../../domain/topic-filter.ts'
import { changeOfHands, countHolders } from '../../../domain/topic-holdings.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { proposalOf } from '../../actions/contract-reads.ts'
import { readView } from '../../actions/read-view.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../../context.ts'
import { CliError, usage } from '../../errors.ts'
import { addressOf, createNamer } from '../../home/keys.ts'
import { quoted, visible } from '../../terminal/output.ts'
import { now } from '../../times.ts'
import { unregistered } from './show.ts'

export interface TransferOptions extends SigningOptions {
  withdraw?: boolean
}

export async function transfer(filter: string, account: string | undefined, options: TransferOptions): Promise<void> {
  if (isWildcard(filter)) throw usage('A wildcard follows the literal topic above it: transfer that.')
  if ((account === undefined) !== (options.withdraw === true))
    throw usage(`Say to whom, or --withdraw: npx flytrap topic transfer ${quoted(filter)} ACCOUNT`)
  const context = await openSigning(options)
  if (account === undefined) return withdraw(context, filter)
  const { home, output, rpc, deployment } = context
  const to = addressOf(home, account)
  const view = await readView(context)
  const topic = view.topic(filter)
  if (topic === undefined) throw unregistered(filter)
  const person = createNamer(home)
  const { topics, staying, sold, lapsing } = changeOfHands(view, topic, now())
  const receipts = await carryOut(context, {
    filter,
    steps: [{ name: 'proposeTransfer', args: [topic.topicId, to], what: `offer ${filter} to ${person(to)}` }],
    facts: [
      ['goes along', topics.map((moved) => moved.filter).join(', ')],
      ['stays behind', staying.length === 0 ? 'nothing' : staying.map((kept) => kept.filter).join(', ')],
      ['sold rights', `${countHolders(sold, person)} (they go along)`],
      ['granted rights', `${countHolders(lapsing, person)} (they lapse)`],
    ],
    warnings: ['Until it is accepted or withdrawn, nothing is sold or registered on it. It is yours until then.'],
  })
  if (receipts === undefined) return
  const proposal = await proposalOf({ rpc, contract: deployment.contract }, topic.topicId)
  output.line(
    `${colors.green('✓')} ${visible(filter)} is offered to ${person(to)} as proposal ${proposal?.number ?? '—'}`,
  )
  output.line(colors.dim(`  They take it with: npx flytrap topic accept ${quoted(filter)}`))
  output.result({ offered: filter, to, proposal: proposal?.number ?? null, transaction: receipts[0]?.transactionHash })
}

async function withdraw(context: SigningContext, filter: string): Promise<void> {
  const topicId = topicIdOf(filter)
  const proposal = await proposalOf({ rpc: context.rpc, contract: context.deployment.contract }, topicId)
  if (proposal === undefined)
    throw new CliError(
      'NOTHING_PROPOSED',
      `No transfer of ${quoted(filter)} stands. See: npx flytrap topic show ${quoted(filter)}`,
    )
  const step = {
    name: 'proposeTransfer',
    args: [topicId, ZERO_ADDRESS],
    what: `withdraw the offer of ${filter} to ${createNamer(context.home)(proposal.to)}`,
  }
  const receipts = await carryOut(context, { filter, steps: [step] })
  if (receipts === undefined) return
  context.output.line(`${colors.green('✓')} the offer is withdrawn; ${visible(filter)} is sold and used as before`)
  context.output.result({ withdrawn: filter, proposal: proposal.number, transaction: receipts[0]?.transactionHash })
}
