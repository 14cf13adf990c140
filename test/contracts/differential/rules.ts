/**
 * @module What must not have happened. The fold follows whatever the contract let pass, so agreement alone would not show a
 * refusal that is missing: each event is judged here by the state before it.
 */
import type { ContractEvent } from '../../../contracts/abi/events.ts'
import { Right } from '../../../domain/enums.ts'
import { foldHead } from '../../../domain/head.ts'
import { isWildcard, literalAncestry, literalPrefix, type TopicFilter } from '../../../domain/topic-filter.ts'
import { anchorOf, nearestLiteralTopic, type Topic, type View } from '../../../domain/view.ts'
import type { Ledger } from './ledger.ts'
import type { Deed } from './world.ts'

export interface Before {
  view: View
  ledger: Ledger
  /** Of the event's block. */
  time: number
}

type Args<Name extends ContractEvent['name']> = Extract<ContractEvent, { name: Name }>['args']

const FOREVER = 2 ** 40 - 1

/** Returns in words which rule the event breaks, or undefined. */
export function brokenRule(event: ContractEvent, deed: Deed, before: Before): string | undefined {
  const { name, args } = event
  if (name === 'TopicRegistered') return registration(args, deed, before)
  if (name === 'TermsSet')
    return isOwner(args.topicId, deed, before) ? undefined : 'terms set by another than the owner'
  if (name === 'TransferProposed') return isOwner(args.topicId, deed, before) ? undefined : 'proposed by a stranger'
  if (name === 'TopicTransferred') return transfer(args, deed, before)
  if (name === 'GrantIssued') return issue(args, deed, before)
  if (name === 'RightBought') return sale(args, before)
  if (name === 'GrantEnded') return ending(args, before)
  return name === 'Batch' ? batch(args, before) : undefined
}

function registration({ filter, since }: Args<'TopicRegistered'>, deed: Deed, { view }: Before): string | undefined {
  if (view.topic(filter) !== undefined) return 'registered twice'
  if (deed.name !== 'registerTopic') return undefined
  const literal = isWildcard(filter) ? literalPrefix(filter as TopicFilter) : literalAncestry(filter)[1]
  const above = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  if (above?.owner !== deed.from) return 'registered below another’s topic'
  if (above.proposal !== undefined) return 'registered while a proposal stands'
  return isWildcard(filter) || since === above.since ? undefined : 'another number than the topic above has'
}

function transfer({ topicId, to, since }: Args<'TopicTransferred'>, deed: Deed, { view, ledger }: Before) {
  const proposal = view.topicById(topicId)?.proposal
  if (proposal?.to !== to || proposal.number !== Number(deed.args[1])) return 'accepted what was not proposed'
  return since > ledger.newest ? undefined : 'a change of hands under a number that was given out before'
}

function issue({ topicId, grantId, grantor }: Args<'GrantIssued'>, deed: Deed, before: Before): string | undefined {
  if (!isOwner(topicId, deed, before) || grantor !== deed.from) return 'granted by another than the owner'
  return grantId > before.ledger.newestGrant ? undefined : 'a grant under a number that was given out before'
}

function sale(args: Args<'RightBought'>, { view, ledger, time }: Before): string | undefined {
  const { topicId, account, right, grantId, seller, until, price, period } = args
  const topic = view.topicById(topicId)
  const anchor = topic === undefined ? undefined : anchorOf(view, topic)
  if (topic?.terms === undefined || anchor === undefined || seller !== anchor.owner) return 'sold by nobody'
  const { offers, setAt, publishPrice, subscribePrice } = topic.terms
  if ((offers & right) === 0 || setAt < anchor.since) return 'sold what is not for sale'
  if (anchor.proposal !== undefined) return 'sold while a proposal stands'
  const asked = right === Right.PUBLISH ? publishPrice : subscribePrice
  if (price !== asked || period !== topic.terms.period) return 'sold at other terms'
  const held = view.bought(topicId, account, right as Right)
  const isRunning = held?.endedBy === undefined && (held?.until ?? 0) > time
  const from = isRunning ? (held?.until ?? 0) : time
  if (isRunning && (held?.bought?.price !== price || held.bought.period !== period)) return 'renewed at other terms'
  if (until !== (period === 0 ? FOREVER : from + period) || until <= from) return 'another end than was paid for'
  return grantId > ledger.newestGrant ? undefined : 'a purchase under a number that was given out before'
}

function ending(
  { topicId, account, right, grantId, sender }: Args<'GrantEnded'>,
  { view }: Before,
): string | undefined {
  const topic = view.topicById(topicId)
  const owner = topic === undefined ? undefined : anchorOf(view, topic)?.owner
  const granted = view.grant(topicId, account, right as Right)
  const bought = view.bought(topicId, account, right as Right)
  const ended = [granted, bought].find((held) => held?.id === grantId)
  if (ended === undefined || ended.endedBy !== undefined) return 'ended what did not stand'
  const mayEnd = sender === owner || sender === account || (ended.bought === undefined && sender === ended.grantor)
  return mayEnd ? undefined : 'ended by a stranger'
}

function batch(args: Args<'Batch'>, { ledger, time }: Before): string | undefined {
  const known = ledger.recorders.get(args.recorder)
  if (known === undefined || known.state === 3) return 'recorded by no recorder'
  if (args.firstSeq !== known.nextSeq) return 'a gap in the sequence'
  const isOrdered = args.through <= args.builtAt && args.builtAt <= time && args.builtAt >= known.builtAt
  if (args.through < known.through || !isOrdered) return 'times that go back or lie ahead'
  if (args.count === 0 && args.through === known.through) return 'a heartbeat that raises nothing'
  const head = foldHead(known.head, args)
  return head === args.head ? undefined : 'another head'
}

function isOwner(topicId: Topic['topicId'], { from }: Deed, { view }: Before): boolean {
  const topic = view.topicById(topicId)
  return topic !== undefined && anchorOf(view, topic)?.owner === from
}
