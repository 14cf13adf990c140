/** @module `flytrap topic accept`: takes over a topic, by the number of the proposal that was read. */
import colors from 'picocolors'
import { describeTerms } from '../../../domain/terms.ts'
import { changeOfHands, countHolders } from '../../../domain/topic-holdings.ts'
import type { Topic, View } from '../../../domain/view.ts'
import { carryOut, type Plan } from '../../actions/carry-out.ts'
import { proposalOf, termsOf } from '../../actions/contract-reads.ts'
import { readView } from '../../actions/read-view.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../../context.ts'
import { CliError, usage } from '../../errors.ts'
import { createNamer } from '../../home/keys.ts'
import { quoted, visible } from '../../terminal/output.ts'
import { now } from '../../times.ts'
import { unregistered } from './show.ts'

export interface AcceptOptions extends SigningOptions {
  /** The number that was read before. */
  proposal?: string
}

export async function accept(filter: string, options: AcceptOptions): Promise<void> {
  if (options.proposal !== undefined && !/^\d{1,12}$/.test(options.proposal)) throw usage('--proposal is a number.')
  const context = await openSigning(options)
  const { output, rpc, deployment, signer, home } = context
  const view = await readView(context)
  const topic = view.topic(filter)
  if (topic?.owner === undefined) throw unregistered(filter)
  const proposal = await proposalOf({ rpc, contract: deployment.contract }, topic.topicId)
  const look = `See: npx flytrap topic show ${quoted(filter)}`
  if (proposal === undefined)
    throw new CliError(
      'NOTHING_PROPOSED',
      `${quoted(filter)} is offered to nobody: its owner offers it with: npx flytrap topic transfer ${quoted(filter)} ${signer.address}`,
    )
  if (proposal.to !== signer.address)
    throw new CliError(
      'NOT_PROPOSED_TO_YOU',
      `${quoted(filter)} is offered to ${createNamer(home)(proposal.to)}; ${signer.address} signs. Sign with --as NAME. ${look}`,
    )
  if (options.proposal !== undefined && Number(options.proposal) !== proposal.number)
    throw new CliError(
      'PROPOSAL_CHANGED',
      `Proposal ${options.proposal} is gone: ${proposal.number} stands now. Read it first. ${look}`,
    )

  const receipts = await carryOut(context, await planOf(context, view, topic, proposal.number, options))
  if (receipts === undefined) return
  output.line(`${colors.green('✓')} ${visible(filter)} is yours ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  output.line(
    colors.dim(
      `  Nothing is for sale on it until you say so: npx flytrap topic price ${quoted(filter)} --subscribe 0.01`,
    ),
  )
  output.result({
    accepted: filter,
    proposal: proposal.number,
    from: topic.owner,
    transaction: receipts[0]?.transactionHash,
  })
}

async function planOf(
  context: SigningContext,
  view: View,
  topic: Topic,
  proposal: number,
  options: AcceptOptions,
): Promise<Plan> {
  const { filter, topicId, owner } = topic
  const person = createNamer(context.home)
  const { topics, staying, sold, lapsing } = changeOfHands(view, topic, now())
  const terms = await termsOf({ rpc: context.rpc, contract: context.deployment.contract }, filter)
  const kept = describeTerms(terms).filter(([label]) => label === 'countries' || label === 'records')
  return {
    filter,
    steps: [{ name: 'acceptTransfer', args: [topicId, proposal], what: `take over ${filter} by proposal ${proposal}` }],
    facts: [
      ['from', owner === undefined ? '—' : person(owner)],
      ['becomes yours', topics.map((moved) => moved.filter).join(', ')],
      ['stays theirs', staying.length === 0 ? 'nothing below it' : staying.map((other) => other.filter).join(', ')],
      ...kept.map(([label, text]): [string, string] => [label, `${text} (stays)`]),
      ['sold rights', `${countHolders(sold, person)} (stay: to end one you refund its unused share)`],
      ['granted rights', `${countHolders(lapsing, person)} (lapse)`],
      ['offers', 'all prices of the owner before, and auditors appointed for it, lapse'],
    ],
    // Who names the number has read it.
    beyond: options.proposal === undefined && sold.length > 0 ? [`takes over what was sold (${sold.length})`] : [],
  }
}
