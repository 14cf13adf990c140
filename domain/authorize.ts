/**
 * @module May this account do this? Pure, so that `verify` can replay what the proxy decided (DESIGN section 6).
 * A refusal is a result with its reason; nothing here throws for what a device may ask.
 */
import { type Address, type Bytes32, ZERO_BYTES32 } from './bytes.ts'
import { DenialReason, Right } from './enums.ts'
import {
  covers,
  isWildcard,
  literalAncestry,
  literalPrefix,
  parseTopicFilter,
  parseTopicName,
  type TopicFilter,
  type TopicName,
} from './topic-filter.ts'
import { anchorOf, type ContractView, type Grant, nearestLiteralTopic, type Topic } from './view.ts'

/** The verdict on one topic. `topicId` is the deciding topic; of a denial the nearest literal topic, or zero. */
export type Decision =
  | { outcome: 'allowed'; topicId: Bytes32; grantId: number }
  | { outcome: 'denied'; reason: DenialReason; topicId: Bytes32; grantId: number }

/** A name is published or delivered; a filter is subscribed to. The text is what the device sent, unchecked. */
export type AccessRequest =
  | { kind: 'publish'; account: Address; topicName: string }
  | { kind: 'deliver'; account: Address; topicName: string }
  | { kind: 'subscribe'; account: Address; topicFilter: string }

/** Decides one request at `now` (Unix seconds) against one view. */
export function authorize(request: AccessRequest, view: ContractView, now: number): Decision {
  if (request.kind === 'subscribe') return authorizeFilter(request.account, request.topicFilter, view, now)
  const name = parseTopicName(request.topicName)
  if (name === undefined) return denied(DenialReason.TOPIC_NAME_INVALID)
  if (request.kind === 'publish' && name.startsWith('$')) return denied(DenialReason.TOPIC_RESERVED)
  const right = request.kind === 'publish' ? Right.PUBLISH : Right.SUBSCRIBE
  return authorizeName({ account: request.account, name, right }, view, now)
}

/**
 * Decides against two views, the confirmed and the newest one: what either denies is denied. So a grant counts once it
 * is confirmed, and a revocation at once (DESIGN section 6).
 */
export function authorizeConfirmed(request: AccessRequest, views: Views, now: number): Decision {
  const newest = authorize(request, views.newest, now)
  if (newest.outcome === 'denied' || views.confirmed === views.newest) return newest
  const confirmed = authorize(request, views.confirmed, now)
  if (confirmed.outcome === 'allowed') return newest
  return { ...newest, outcome: 'denied', reason: DenialReason.GRANT_UNCONFIRMED }
}

export interface Views {
  newest: ContractView
  confirmed: ContractView
}

interface NameRequest {
  account: Address
  name: TopicName
  right: Right
}

function authorizeName({ account, name, right }: NameRequest, view: ContractView, now: number): Decision {
  const nearest = nearestLiteralTopic(view, name)
  if (nearest === undefined) return denied(DenialReason.TOPIC_UNREGISTERED)
  if (nearest.owner === account) return allowed(nearest.topicId)

  let refusal: Decision = denied(DenialReason.NO_GRANT, nearest)
  for (const topic of topicsMatching(view, name, { account, right })) {
    const grant = view.grant(topic.topicId, account, right)
    // Carve-out: a topic reaches only what its own owner holds. No granted right outlives a change of hands of either.
    const anchor = anchorOf(view, topic)
    if (grant === undefined || anchor === undefined || anchor.owner !== nearest.owner) continue
    const flaw = flawOf(grant, [anchor, nearest], now)
    if (flaw === undefined) return allowed(topic.topicId, grant.id)
    if (refusal.grantId < grant.id) refusal = denied(flaw, nearest, grant.id)
  }
  return refusal
}

function authorizeFilter(account: Address, text: string, view: ContractView, now: number): Decision {
  const filter = parseTopicFilter(text)
  if (filter === undefined) return denied(DenialReason.TOPIC_FILTER_INVALID)
  if (filter.startsWith('$share/')) return denied(DenialReason.SHARED_SUBSCRIPTION_UNSUPPORTED)
  // Unknown `$` prefixes are brokers' extensions ($queue/, $exclusive/, $delayed/): not understood, so denied.
  if (filter.startsWith('$') && filter !== '$SYS' && !filter.startsWith('$SYS/'))
    return denied(DenialReason.TOPIC_RESERVED)

  const literal = literalPrefix(filter)
  const nearest = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  if (nearest !== undefined && nearest.owner === account) return allowed(nearest.topicId)
  return authorizeByCover({ account, filter, nearest }, view, now)
}

/** One grant must cover the whole filter: wider is denied, never narrowed. [MQTT-3.8.4-6] */
function authorizeByCover(
  { account, filter, nearest }: { account: Address; filter: TopicFilter; nearest: Topic | undefined },
  view: ContractView,
  now: number,
): Decision {
  const reason = nearest === undefined ? DenialReason.TOPIC_UNREGISTERED : DenialReason.NO_GRANT
  let refusal: Decision = denied(reason, nearest)
  for (const grant of view.grantsOf(account, Right.SUBSCRIBE)) {
    const topic = view.topicById(grant.topicId)
    const anchor = topic && anchorOf(view, topic)
    if (topic === undefined || anchor === undefined) continue
    if (!covers(topic.filter, filter)) {
      const isWider = refusal.grantId === 0 && covers(filter, topic.filter)
      if (isWider) refusal = denied(DenialReason.FILTER_WIDER_THAN_GRANT, nearest)
      continue
    }
    const flaw = flawOf(
      grant,
      nearest !== undefined && nearest.owner === anchor.owner ? [anchor, nearest] : [anchor],
      now,
    )
    const isCarvedOut = nearest !== undefined && nearest.owner !== anchor.owner
    if (flaw === undefined && !isCarvedOut) return allowed(topic.topicId, grant.id)
    if (refusal.grantId < grant.id) refusal = denied(flaw ?? DenialReason.NO_GRANT, nearest, grant.id)
  }
  return refusal
}

/** Returns why the grant does not count now, or undefined when it does. */
function flawOf(grant: Grant, topics: readonly Topic[], now: number): DenialReason | undefined {
  if (grant.endedBy !== undefined) return DenialReason.GRANT_REVOKED
  if (grant.until <= now) return DenialReason.GRANT_EXPIRED // exclusive
  if (topics.some((topic) => grant.id < topic.since)) return DenialReason.GRANT_SUPERSEDED
  return undefined
}

/** Yields the registered topics that match `name` and on which the account may hold a grant, nearest first. */
function* topicsMatching(
  view: ContractView,
  name: TopicName,
  { account, right }: { account: Address; right: Right },
): Generator<Topic> {
  const seen = new Set<string>()
  // The literal topic itself, then `<prefix>/#` from the name upward: a handful of look-ups, however many grants there are.
  for (const filter of [name, ...literalAncestry(name).map((prefix) => `${prefix}/#`)]) {
    const topic = view.topic(filter)
    if (topic === undefined) continue
    seen.add(filter)
    yield topic
  }
  for (const grant of view.grantsOf(account, right)) {
    const topic = view.topicById(grant.topicId)
    if (topic === undefined || seen.has(topic.filter) || !topic.filter.includes('+')) continue
    if (isWildcard(topic.filter) && covers(topic.filter, name as string as TopicFilter)) yield topic
  }
}

const allowed = (topicId: Bytes32, grantId = 0): Decision => ({ outcome: 'allowed', topicId, grantId })

function denied(reason: DenialReason, nearest?: Topic, grantId = 0): Decision {
  return { outcome: 'denied', reason, topicId: nearest?.topicId ?? ZERO_BYTES32, grantId }
}
