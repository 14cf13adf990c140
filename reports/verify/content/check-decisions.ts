/**
 * @module Each allowed access decided again, by the same rules against the view of its time. A window's names may have been
 * decided under any state between its beginning and its end: one of them has to say the same.
 */
import { type AccessRequest, authorize, isAllowedBy, standingFlaw } from '../../../domain/authorize.ts'
import { Action } from '../../../domain/enums.ts'
import { anchorOf, type Grant, View, type ViewEvent } from '../../../domain/view.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Findings } from '../findings.ts'
import type { ExpectedRow } from './expected-rows.ts'

export function checkDecisions(expected: readonly ExpectedRow[], folded: Folded, findings: Findings): void {
  const allowed = expected.filter(({ row }) => row.outcome === 'ALLOWED' && REQUESTS[row.action] !== undefined)
  const questions = allowed.flatMap((row) => questionsOf(row, folded))
  const blind = allowed.filter(({ evidence }) => evidence?.names === undefined).length
  const wrong = replay(questions, folded)
  const note = blind === 0 ? '' : ` ${blind} more have no evidence of their names, so only their grants were looked at.`
  findings.check(
    'decisions',
    wrong && `Nothing in force allowed R${wrong.record.recorderId} #${wrong.record.seq}, as it was recorded.`,
    `${allowed.length - blind} allowed rows are allowed by the rules, under the right they name.${note}`,
  )
}

interface Question {
  record: ExpectedRow['record']
  request: AccessRequest | undefined
  /** Blocks whose state can have decided. */
  fromBlock: number
  toBlock: number
}

const REQUESTS: Record<string, 'publish' | 'subscribe' | 'deliver'> = {
  SUBSCRIBE: 'subscribe',
  PUBLISH: 'publish',
  DELIVER: 'deliver',
  WILL: 'publish',
}

function questionsOf({ row, record, evidence }: ExpectedRow, { times }: Folded): Question[] {
  const before = (seconds: number): number =>
    Math.max(0, ...[...times].filter(([, time]) => time <= seconds).map(([number]) => number))
  const fromBlock = evidence?.block?.number ?? before(record.firstAt)
  const place = { record, fromBlock, toBlock: Math.max(fromBlock, before(record.firstAt + record.span)) }
  const kind = REQUESTS[row.action] ?? 'deliver'
  const { account } = record
  if (evidence?.names === undefined) return [{ ...place, request: undefined }]
  return evidence.names.map(({ name }) => {
    if (kind === 'subscribe') return { ...place, request: { kind, account, topicFilter: name } }
    return { ...place, request: { kind, account, topicName: name, country: evidence.country } }
  })
}

/** One pass over the events: each question waits from its first state to its last. Returns one that no state allowed. */
function replay(questions: readonly Question[], { events }: Folded): Question | undefined {
  const pending = [...questions].sort((a, b) => b.fromBlock - a.fromBlock)
  const view = new View()
  let waiting: Question[] = []
  for (let i = 0; i <= events.length; ) {
    const next = events[i]?.log.blockNumber ?? Number.POSITIVE_INFINITY
    while ((pending.at(-1)?.fromBlock ?? Number.POSITIVE_INFINITY) < next) waiting.push(pending.pop()!)
    waiting = waiting.filter((question) => !isAllowed(question, view))
    const expired = waiting.find(({ toBlock }) => toBlock < next)
    if (expired !== undefined || i === events.length) return expired
    for (; events[i]?.log.blockNumber === next; i++) view.apply(events[i] as ViewEvent)
  }
  return undefined
}

function isAllowed({ record, request }: Question, view: View): boolean {
  if (request === undefined) return hasRight(record, view)
  const decision = authorize(request, view, record.firstAt)
  if (decision.outcome !== 'allowed') return false
  if (decision.topicId === record.topicId && decision.grantId === record.grantId) return true
  // A proxy that had no room for one of the account's rights goes by another, which must count by itself.
  return heldIn(record, view).some((grant) => isAllowedBy(grant, request, view, record.firstAt))
}

/** Without names: the grant that is named counted, or the account was the owner. */
function hasRight(record: Question['record'], view: View): boolean {
  if (record.grantId !== 0)
    return heldIn(record, view).some((grant) => standingFlaw(grant, view, record.firstAt) === undefined)
  const topic = view.topicById(record.topicId)
  const owner = topic && anchorOf(view, topic)?.owner
  return owner === record.account && view.suspendedUntil(owner) <= record.firstAt
}

/** The right that the record names, if the account holds it. */
function heldIn({ account, topicId, grantId, action }: Question['record'], view: View): Grant[] {
  const right = action === Action.PUBLISH || action === Action.WILL ? 1 : 2
  const held = [view.grant(topicId, account, right), view.bought(topicId, account, right)]
  return held.filter((grant) => grant !== undefined).filter(({ id }) => id === grantId)
}
