/**
 * @module Which records answer a question about a topic, and how surely. The chain names a record's topic; evidence
 * narrows it to concrete names; what evidence does not say stays possible, never left out (DESIGN section 10). Pure.
 */
import type { AccessRecord } from './access-record.ts'
import { Action, Outcome } from './enums.ts'
import { areaOf, liesWithin, overlaps } from './filter-overlap.ts'
import { parseSubscription, type TopicFilter } from './topic-filter.ts'

/** `possible`: it cannot be narrowed, so it may be about the topic that was asked for. */
export type Relation =
  | { relation: 'certain' | 'possible'; names: NameCount[] | undefined }
  | { relation: 'none'; narrowed: boolean }

export interface NameCount {
  name: string
  count: number
}

export interface Candidate {
  record: AccessRecord
  /** The registered filter of the record's topic; undefined when it names none. */
  topic: TopicFilter | undefined
  /** Undefined when it is erased, withheld or not there. */
  evidence: { names?: NameCount[] | undefined; unnamed?: number | undefined } | undefined
}

const TOPIC_ACTIONS: readonly number[] = [Action.SUBSCRIBE, Action.PUBLISH, Action.DELIVER, Action.WILL]

/** Judges one record. A sealed record says nothing of its topic: its caller counts it. */
export function relationOf(asked: TopicFilter, { record, topic, evidence }: Candidate): Relation {
  const isAccess = TOPIC_ACTIONS.includes(record.action)
  // What was shown of a topic's evidence is an access to it as well; all else concerns connections.
  if (record.sealed || (!isAccess && !(record.action === Action.DISCLOSE && topic !== undefined))) return UNRELATED
  const byGrant = record.outcome === Outcome.ALLOWED && record.grantId !== 0
  const area = topic === undefined ? undefined : areaOf(topic, byGrant)
  if (area !== undefined && !overlaps(area, asked)) return UNRELATED
  // A DISCLOSE names records, not topics.
  return (
    narrow(asked, isAccess ? evidence : undefined) ?? {
      relation: isCertain(asked, area) ? 'certain' : 'possible',
      names: undefined,
    }
  )
}

function narrow(asked: TopicFilter, evidence: Candidate['evidence']): Relation | undefined {
  if (evidence?.names === undefined) return undefined
  const names = evidence.names.filter(({ name }) => overlaps(parseSubscription(name) ?? name, asked))
  if (names.length > 0) return { relation: 'certain', names }
  return (evidence.unnamed ?? 0) > 0 ? undefined : { relation: 'none', narrowed: true }
}

const isCertain = (asked: TopicFilter, area: TopicFilter | undefined): boolean =>
  area !== undefined && liesWithin(area, asked)

const UNRELATED: Relation = { relation: 'none', narrowed: false }
