/**
 * @module One decision on one topic name with its window, cached for as long as nothing can have changed: the view's
 * epoch, the second (grants end by the clock), the window.
 */
import { Buffer } from 'node:buffer'
import { authorizeConfirmed, type Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { type Action, DenialReason } from '../../domain/enums.ts'
import type { AccessWindow, Use } from '../../records/port.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import type { CachedDecision, DecisionCache } from '../decision-cache.ts'
import type { Frame, Malformed } from '../wire/frame.ts'
import { type PublishHead, readTopicName } from '../wire/inspect-publish.ts'

/** Longer names are legal MQTT, and a way to fill memory and evidence: nobody may use them. */
export const MAX_NAME_BYTES = 1_024
/** Aedes hangs up on more, Mosquitto on more than 201; over a Will too, which fires then. */
export const MAX_NAME_LEVELS = 100
const SHOWN_CHARACTERS = 64

/** Returns whether a topic name or filter is beyond what anybody may use. */
export function isTooLong(topic: string): boolean {
  // Most are short enough for both without a look: a level takes a byte at least, its separator.
  if (topic.length < MAX_NAME_LEVELS) return false
  return Buffer.byteLength(topic) > MAX_NAME_BYTES || topic.split('/').length > MAX_NAME_LEVELS
}

export interface Direction {
  cache: DecisionCache
  kind: 'publish' | 'deliver'
}

/** Returns the decision on the name that a PUBLISH carries, or what is wrong with the name. */
export function decideName(
  connection: Connection,
  { buffer }: Frame,
  { topicAt, topicEnd }: PublishHead,
  { cache, kind }: Direction,
): CachedDecision | Malformed {
  const cached = cache.find(buffer, topicAt, topicEnd)
  if (cached !== undefined) return decideAgain(connection, cached, kind)
  const topicNameBytes = Buffer.from(buffer.subarray(topicAt, topicEnd))
  const topicName = readTopicName(topicNameBytes)
  if (typeof topicName !== 'string') return topicName
  const { epoch, second } = connection.context.turn
  const decision = isTooLong(topicName) ? TOO_LONG : judgeName(connection, kind, topicName)
  const shown = decision === TOO_LONG ? `${topicName.slice(0, SHOWN_CHARACTERS)}…` : topicName
  const decided = { topicNameBytes, topicName: shown, epoch, second, decision, window: undefined }
  cache.keep(decided)
  return decided
}

/** Returns the same, decided again where something may have changed. */
export function decideAgain(connection: Connection, cached: CachedDecision, kind: Direction['kind']): CachedDecision {
  const { epoch, second, isFresh } = connection.context.turn
  if (cached.epoch === epoch && cached.second === second && isFresh) return cached
  if (cached.decision === TOO_LONG) return cached
  const decision = judgeName(connection, kind, cached.topicName)
  // The same decision goes on in the same window.
  if (!isSameDecision(cached.decision, decision)) cached.window = undefined
  cached.decision = decision
  cached.epoch = epoch
  cached.second = second
  return cached
}

const use: Use = { name: '', bytes: 0, qos: 0 }

/** Counts this use in the decision's window. The window may not be durable yet: no packet moves before it is. */
export function countUse(
  connection: Connection,
  decided: CachedDecision,
  { payloadBytes, qos }: PublishHead,
  action: Action,
): AccessWindow {
  use.name = decided.topicName
  use.bytes = payloadBytes
  use.qos = qos
  const { journal } = connection.context
  // Asked first: an open window stands only for what may still be recorded.
  if (journal.unavailable() === undefined && decided.window?.add(use) === true) return decided.window
  decided.window = journal.window(accessOf(connection, action, decided.decision), { ...use })
  return decided.window
}

/** Whether what was allowed before a wait no longer is. */
export const isRevoked = (before: CachedDecision, again: CachedDecision): boolean =>
  before.decision.outcome === 'allowed' && again.decision.outcome === 'denied'

/** Decides without a cache. */
export function judgeName(connection: Connection, kind: Direction['kind'], topicName: string): Decision {
  const { chain, turn } = connection.context
  const account = connection.identity?.wallet
  if (account === undefined) throw new Error('a packet of nobody')
  if (!turn.isFresh) return { outcome: 'denied', reason: DenialReason.VIEW_STALE, topicId: ZERO_BYTES32, grantId: 0 }
  // The broker would publish it under another name, which nobody decided.
  if (kind === 'publish' && connection.context.brokers.mayMistake(topicName)) return MISTAKEN
  const { country } = connection.place
  return authorizeConfirmed({ kind, account, topicName, country }, chain.views, turn.second)
}

/** The same name, refused for a reason that lies in this packet alone. */
export function refusedInstead(decided: CachedDecision, reason: DenialReason): CachedDecision {
  const { topicId } = decided.decision
  return { ...decided, decision: { outcome: 'denied', reason, topicId, grantId: 0 }, window: undefined }
}

const TOO_LONG: Decision = {
  outcome: 'denied',
  reason: DenialReason.TOPIC_NAME_INVALID,
  topicId: ZERO_BYTES32,
  grantId: 0,
}

/** Not for ever: a broker that has not answered yet may turn out to keep names as they are. */
const MISTAKEN: Decision = { ...TOO_LONG }

const isSameDecision = (a: Decision, b: Decision): boolean =>
  a.outcome === b.outcome &&
  a.topicId === b.topicId &&
  a.grantId === b.grantId &&
  (a.outcome === 'allowed' || b.outcome === 'allowed' || a.reason === b.reason)
