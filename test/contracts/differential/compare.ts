/** @module Asks the contract and the fold of its events the same, and lists every answer in which they differ. */
import { type AccessRequest, authorize, authorizeName } from '../../../domain/authorize.ts'
import type { Hex } from '../../../domain/bytes.ts'
import { Right } from '../../../domain/enums.ts'
import { parseTopicName } from '../../../domain/topic-filter.ts'
import { anchorOf, type Grant, type Topic } from '../../../domain/view.ts'
import type { Stage } from './deeds.ts'
import { NAMES, plainlyMatches, randomFilter } from './names.ts'

const RIGHTS = [Right.PUBLISH, Right.SUBSCRIBE] as const

export interface Comparison {
  asked: number
  allowed: number
  differences: string[]
}

/** `check` on chain against `authorizeName`, for every account, name and right of the universe. */
export async function compareRights({ world, view }: Stage): Promise<Comparison> {
  const questions = world.accounts.flatMap(({ address: account }) =>
    NAMES.flatMap((name) => RIGHTS.map((right) => ({ account, name, right }))),
  )
  const answers = await world.ask(
    questions.map(({ account, name, right }) => ({ name: 'check', args: [account, name, right] })),
  )
  const differences: string[] = []
  let allowed = 0
  questions.forEach(({ account, name, right }, i) => {
    const [isAllowed, grantId, via] = answers[i]!
    if (isAllowed === true) allowed++
    const kind = right === Right.PUBLISH ? 'publish' : 'deliver'
    const decision = decide({ world, view } as Stage, { kind, account, topicName: name })
    // A `+` grant is more than `check` can see; the plain model below judges those.
    const byPlus = decision.outcome === 'allowed' && view.topicById(decision.topicId)?.filter.includes('+') === true
    const ours = decision.outcome === 'allowed' && !byPlus ? `${decision.grantId} ${decision.topicId}` : 'denied'
    const theirs = isAllowed === true ? `${grantId} ${via}` : 'denied'
    if (ours !== theirs) differences.push(`${account} ${kind} "${name}": chain ${theirs}, fold ${ours}`)
  })
  return { asked: questions.length, allowed, differences }
}

/** `authorize` against a model without indexes or order: every right that was ever given, matched by regular expression. */
export function compareWithPlainModel(stage: Stage): Comparison {
  const { world, view } = stage
  const differences: string[] = []
  let [asked, allowed] = [0, 0]
  for (const { address: account } of world.accounts) {
    for (const right of RIGHTS) {
      const active = [...view.grantsOf(account, right)].filter(
        (grant) => grant.endedBy === undefined && grant.until > world.time,
      )
      for (const name of NAMES) {
        const kind = right === Right.PUBLISH ? 'publish' : 'deliver'
        const isAllowed = decide(stage, { kind, account, topicName: name }).outcome === 'allowed'
        if (isAllowed) allowed++
        if (isAllowed !== plainlyMay(stage, account, name, active))
          differences.push(`${account} ${kind} "${name}": fold ${isAllowed}`)
        asked++
      }
    }
  }
  return { asked, allowed, differences }
}

/** SUBSCRIBE: what a filter that is allowed matches must be covered by one right, or lie under the owner's topic. */
export function compareFilters(stage: Stage, count: number): Comparison {
  const { world, view, chance } = stage
  const differences: string[] = []
  let allowed = 0
  for (let i = 0; i < count; i++) {
    const account = chance.pick(world.accounts).address
    const topicFilter = randomFilter(chance)
    const decision = authorize({ kind: 'subscribe', account, topicFilter }, view, world.time)
    if (decision.outcome === 'denied') continue
    allowed++
    const topic = view.topicById(decision.topicId)!
    const area = decision.grantId === 0 ? `${topic.filter}/#` : topic.filter
    const beyond = NAMES.find((name) => plainlyMatches(topicFilter, name) && !plainlyMatches(area, name))
    if (beyond !== undefined)
      differences.push(`${account} subscribe "${topicFilter}" by "${topic.filter}" reaches "${beyond}"`)
  }
  return { asked: count, allowed, differences }
}

function decide({ world, view }: Stage, request: Extract<AccessRequest, { topicName: string }>) {
  const right = request.kind === 'publish' ? Right.PUBLISH : Right.SUBSCRIBE
  if (view.suspendedUntil(request.account) > world.time) return authorize(request, view, world.time)
  return authorizeName({ account: request.account, name: parseTopicName(request.topicName)!, right }, view, world.time)
}

function plainlyMay({ world, view }: Stage, account: Hex, name: string, active: readonly Grant[]): boolean {
  if (view.suspendedUntil(account) > world.time) return false
  const nearest = plainNearest(view.topics(), name)
  if (nearest === undefined) return false
  if (nearest.owner === account) return true
  return active.some((grant) => {
    const topic = view.topicById(grant.topicId)!
    const anchor = anchorOf(view, topic)
    const isOurs = anchor?.owner === nearest.owner
    const isOfThisOwner = grant.bought !== undefined || (grant.id >= nearest.since && grant.id >= (anchor?.since ?? 0))
    return isOurs && isOfThisOwner && plainlyMatches(topic.filter, name)
  })
}

function plainNearest(topics: Iterable<Topic>, name: string): Topic | undefined {
  let found: Topic | undefined
  for (const topic of topics) {
    if (topic.owner === undefined || !(name === topic.filter || name.startsWith(`${topic.filter}/`))) continue
    if (found === undefined || topic.filter.length > found.filter.length) found = topic
  }
  return found
}
