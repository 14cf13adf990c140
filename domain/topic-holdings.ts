/** @module What hangs on a topic: which rights on it and below count, and what a change of hands leaves of it. Pure. */

import { standingFlaw } from './authorize.ts'
import type { Address } from './bytes.ts'
import { type DenialReason, enumName, DenialReason as Reasons } from './enums.ts'
import { overlaps } from './filter-overlap.ts'
import { anchorOf, type Grant, type Topic, type View } from './view.ts'

export interface HeldRight {
  topic: Topic
  grant: Grant
  /** Why it gives nothing now; undefined when it counts. */
  flaw: DenialReason | undefined
}

/** Returns the rights whose topic can mean a name that `filter` means, counting ones first. */
export function rightsOn(view: View, filter: string, now: number): HeldRight[] {
  const held = view.snapshot().grants.flatMap((grant) => {
    const topic = view.topicById(grant.topicId)
    return topic === undefined || !overlaps(topic.filter, filter)
      ? []
      : [{ topic, grant, flaw: standingFlaw(grant, view, now) }]
  })
  return held.sort((a, b) => Number(a.flaw !== undefined) - Number(b.flaw !== undefined) || a.grant.id - b.grant.id)
}

export interface ChangeOfHands {
  /** Topics that change hands: the literal one and the wildcards that belong to it. */
  topics: Topic[]
  /** Literal topics below with owners of their own, who stay. */
  staying: Topic[]
  sold: Grant[]
  /** Granted rights that count now and lapse. */
  lapsing: Grant[]
}

/** Returns what a transfer of the literal topic takes along, and what it ends. */
export function changeOfHands(view: View, literal: Topic, now: number): ChangeOfHands {
  const all = [...view.topics()]
  const topics = all.filter((topic) => anchorOf(view, topic)?.topicId === literal.topicId)
  const ids = new Set(topics.map(({ topicId }) => topicId))
  const counting = view
    .snapshot()
    .grants.filter((grant) => ids.has(grant.topicId) && standingFlaw(grant, view, now) === undefined)
  return {
    topics,
    staying: all.filter(({ filter, owner }) => owner !== undefined && filter.startsWith(`${literal.filter}/`)),
    sold: counting.filter(({ bought }) => bought !== undefined),
    lapsing: counting.filter(({ bought }) => bought === undefined),
  }
}

const WORDS: Partial<Record<DenialReason, string>> = {
  [Reasons.GRANT_REVOKED]: 'ended',
  [Reasons.GRANT_EXPIRED]: 'expired',
  [Reasons.GRANT_SUPERSEDED]: 'lapsed: the topic changed hands',
  [Reasons.WALLET_SUSPENDED]: 'suspended',
}

/** Returns the standing in words. */
export const standingWords = (flaw: DenialReason | undefined): string =>
  flaw === undefined ? 'counts' : (WORDS[flaw] ?? enumName(Reasons, flaw) ?? 'does not count')

/** Returns how many, of whom, in words. */
export function countHolders(grants: readonly Grant[], nameOf: (address: Address) => string): string {
  if (grants.length === 0) return 'none'
  const holders = [...new Set(grants.map(({ account }) => nameOf(account)))]
  const named = holders.slice(0, 3).join(', ')
  return `${grants.length}, of ${named}${holders.length > 3 ? ` and ${holders.length - 3} more` : ''}`
}
