/** @module `flytrap topic show`: all that the chain says of one topic. */
import colors from 'picocolors'
import { showEth, showTime } from '../../../domain/amounts.ts'
import { enumName, Right } from '../../../domain/enums.ts'
import { describeTerms } from '../../../domain/terms.ts'
import { topicIdOf } from '../../../domain/topic-filter.ts'
import { rightsOn, standingWords } from '../../../domain/topic-holdings.ts'
import { feesOf, ownerOf, proposalOf, termsOf } from '../../actions/contract-reads.ts'
import { readView } from '../../actions/read-view.ts'
import { termsResult } from '../../actions/topic-terms.ts'
import { type GlobalOptions, openChain } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { createNamer, describeAccount } from '../../home/keys.ts'
import { showShare } from '../../terminal/amounts.ts'
import { quoted, visible } from '../../terminal/output.ts'
import { now } from '../../times.ts'

export async function show(filter: string, options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const { home, output, rpc, deployment } = context
  const place = { rpc, contract: deployment.contract }
  const owner = await ownerOf(place, filter)
  if (owner === undefined) throw unregistered(filter)
  const topicId = topicIdOf(filter)
  const [terms, fees, proposal] = await Promise.all([termsOf(place, filter), feesOf(place), proposalOf(place, topicId)])
  const rights = rightsOn(await readView(context), filter, now()).filter(({ topic }) => topic.filter === filter)
  const person = createNamer(home)
  output.result({
    filter,
    topicId,
    owner,
    terms: termsResult(terms),
    proposal: proposal ?? null,
    rights: rights.map(({ grant, flaw }) => ({
      id: grant.id,
      account: grant.account,
      right: enumName(Right, grant.right),
      until: grant.until,
      bought: grant.bought !== undefined,
      standing: standingWords(flaw),
    })),
  })
  output.line(colors.bold(visible(filter)))
  const rows = [
    ['owner', describeAccount(home, owner)],
    ...describeTerms(terms),
    ...(terms.offers === 0 ? [] : [['broker owner', feeWords(terms.offers, fees)]]),
    ...(proposal === undefined
      ? []
      : [['transfer', `offered to ${person(proposal.to)} as proposal ${proposal.number}; nothing is sold meanwhile`]]),
  ]
  for (const [label = '', text = ''] of rows) output.line(`  ${colors.dim(label.padEnd(12))}  ${visible(text)}`)
  output.line()
  if (rights.length === 0) output.line('  Nobody but its owner has a right on it.')
  else
    output.table(
      ['who', 'may', 'until', 'right', 'standing'],
      rights.map(({ grant, flaw }) => [
        person(grant.account),
        enumName(Right, grant.right)?.toLowerCase() ?? '',
        showTime(grant.until),
        `#${grant.id} ${grant.bought === undefined ? 'granted' : 'bought'}`,
        standingWords(flaw),
      ]),
    )
}

function feeWords(offers: number, { share, publishFee }: { share: number; publishFee: bigint }): string {
  const fee =
    (offers & Right.PUBLISH) !== 0 && publishFee > 0n
      ? `, and ${showEth(publishFee)} on top of each right to publish`
      : ''
  return `takes ${showShare(share)} of each price${fee}`
}

export const unregistered = (filter: string): CliError =>
  new CliError(
    'TOPIC_UNREGISTERED',
    `${quoted(filter)} is not registered. Register it: npx flytrap topic register ${quoted(filter)}. What is: npx flytrap topic list`,
  )
