/**
 * @module May this account do this? Pure, so that `verify` can replay what the proxy decided (DESIGN section 6).
 * A refusal is a result with its reason; nothing here throws for what a device may ask.
 */
import { type Address, type Bytes32, ZERO_BYTES32 } from './bytes.ts'
import type { ContractView, Grant, Topic } from './contract-state.ts'
import { judgeCountry } from './country.ts'
import { DenialReason, Right } from './enums.ts'
import {
  covers,
  literalAncestry,
  literalPrefix,
  parseSubscription,
  parseTopicName,
  type TopicFilter,
  type TopicName,
} from './topic-filter.ts'
import { anchorOf, nearestLiteralTopic } from './view.ts'

/** The verdict on one topic. `topicId` is the deciding topic; of a denial the nearest literal topic, or zero. */
export type Decision =
  | { outcome: 'allowed'; topicId: Bytes32; grantId: number }
  | { outcome: 'denied'; reason: DenialReason; topicId: Bytes32; grantId: number }

/** A name is published or delivered; a filter is subscribed to. The text is what the device sent, unchecked. */
export type AccessRequest =
  | { kind: 'publish' | 'deliver'; account: Address; topicName: string; country?: string | undefined }
  | { kind: 'subscribe'; account: Address; topicFilter: string }

/**
 * Decides one request at `now` (Unix seconds) against one view. `country` is where the connection comes from, ISO 3166-1
 * alpha-2; absent when unknown, which satisfies no rule. It bites where messages flow, not at SUBSCRIBE.
 */
export function authorize(request: AccessRequest, view: ContractView, now: number): Decision {
  if (view.suspendedUntil(request.account) > now) return denied(DenialReason.WALLET_SUSPENDED)
  if (request.kind === 'subscribe') return authorizeFilter(request.account, request.topicFilter, view, now)
  const name = parseTopicName(request.topicName)
  if (name === undefined) return denied(DenialReason.TOPIC_NAME_INVALID)
  if (request.kind === 'publish' && name.startsWith('$')) return denied(DenialReason.TOPIC_RESERVED)
  const right = request.kind === 'publish' ? Right.PUBLISH : Right.SUBSCRIBE
  const decision = authorizeName({ account: request.account, name, right }, view, now)
  return decision.outcome === 'denied' ? decision : (countryFlaw(name, request.country, view) ?? decision)
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

/** Decides by ownership and rights alone: what the contract's `check` answers, and `+` filters. */
export function authorizeName({ account, name, right }: NameRequest, view: ContractView, now: number): Decision {
  const nearest = nearestLiteralTopic(view, name)
  if (view.missingAt(name) === 'topics') return denied(DenialReason.LIMIT_EXCEEDED, nearest)
  if (nearest === undefined) return denied(DenialReason.TOPIC_UNREGISTERED)
  if (nearest.owner === account) return allowed(nearest.topicId)

  let refusal: Decision = denied(DenialReason.NO_GRANT, nearest)
  for (const grant of rightsMatching(view, name, { account, right })) {
    const anchor = anchorOfRight(view, grant)
    // Carve-out: a topic reaches only what its own owner holds.
    if (anchor === undefined || anchor.owner !== nearest.owner) continue
    const flaw = flawOf(grant, [anchor, nearest], now)
    if (flaw === undefined) return allowed(grant.topicId, grant.id)
    if (refusal.grantId < grant.id) refusal = denied(flaw, nearest, grant.id)
  }
  return refusal.grantId === 0 && isRightLost(view, name) ? denied(DenialReason.LIMIT_EXCEEDED, nearest) : refusal
}

/** Who shows no right under a name that is short of room may have one: no deed of his, and no abuse. */
const isRightLost = (view: ContractView, literal: string): boolean => view.missingAt(literal) !== 'nothing'

function authorizeFilter(account: Address, text: string, view: ContractView, now: number): Decision {
  // A shared subscription reads what its filter matches, whatever its group.
  const filter = parseSubscription(text)
  if (filter === undefined) return denied(DenialReason.TOPIC_FILTER_INVALID)
  // Unknown `$` prefixes are brokers' extensions ($queue/, $exclusive/, $delayed/): not understood, so denied.
  if (filter.startsWith('$') && filter !== '$SYS' && !filter.startsWith('$SYS/'))
    return denied(DenialReason.TOPIC_RESERVED)

  const literal = literalPrefix(filter)
  const nearest = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  if (literal !== undefined && view.missingAt(literal) === 'topics') return denied(DenialReason.LIMIT_EXCEEDED, nearest)
  if (nearest !== undefined && nearest.owner === account) return allowed(nearest.topicId)
  return authorizeByCover({ account, filter, literal, nearest }, view, now)
}

interface FilterRequest {
  account: Address
  filter: TopicFilter
  literal: string | undefined
  nearest: Topic | undefined
}

/** One right must cover the whole filter: wider is denied, never narrowed. [MQTT-3.8.4-6] */
function authorizeByCover(request: FilterRequest, view: ContractView, now: number): Decision {
  const { account, filter, literal, nearest } = request
  // Nobody owns what lies under no registered literal topic, so no right reaches it.
  if (literal === undefined || nearest === undefined) return denied(widerOr(request, view), nearest)
  let refusal: Decision = denied(DenialReason.NO_GRANT, nearest)
  for (const grant of view.rightsAlong(literal, account, Right.SUBSCRIBE)) {
    const topic = view.topicById(grant.topicId)
    const anchor = anchorOfRight(view, grant)
    if (topic === undefined || anchor === undefined || !covers(topic.filter, filter)) continue
    const flaw = anchor.owner === nearest.owner ? flawOf(grant, [anchor, nearest], now) : DenialReason.NO_GRANT
    if (flaw === undefined) return allowed(topic.topicId, grant.id)
    if (refusal.grantId < grant.id) refusal = denied(flaw, nearest, grant.id)
  }
  if (refusal.grantId !== 0) return refusal
  return denied(isRightLost(view, literal) ? DenialReason.LIMIT_EXCEEDED : widerOr(request, view), nearest)
}

/** How many of an account's rights are looked at only to explain a denial. */
const MAX_EXPLAINED = 64

function widerOr({ account, filter, nearest }: FilterRequest, view: ContractView): DenialReason {
  let seen = 0
  for (const { topicId } of view.grantsOf(account, Right.SUBSCRIBE)) {
    const topic = view.topicById(topicId)
    if (topic !== undefined && covers(filter, topic.filter)) return DenialReason.FILTER_WIDER_THAN_GRANT
    if (++seen === MAX_EXPLAINED) break
  }
  return nearest === undefined ? DenialReason.TOPIC_UNREGISTERED : DenialReason.NO_GRANT
}

/**
 * Returns whether this one right allows what is asked, whatever others the account holds: what a view with less room may
 * have gone by. Countries and suspensions are not its matter.
 */
export function isAllowedBy(grant: Grant, request: AccessRequest, view: ContractView, now: number): boolean {
  const asked =
    request.kind === 'subscribe' ? parseSubscription(request.topicFilter) : parseTopicName(request.topicName)
  const filter = asked as string as TopicFilter | undefined
  const literal = filter && literalPrefix(filter)
  const nearest = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  const topic = view.topicById(grant.topicId)
  const anchor = topic && anchorOf(view, topic)
  if (filter === undefined || topic === undefined || anchor === undefined || nearest === undefined) return false
  const reaches = covers(topic.filter, filter) && anchor.owner === nearest.owner
  return reaches && flawOf(grant, [anchor, nearest], now) === undefined
}

/** Returns why a right gives its holder nothing on its own topic now, or undefined when it counts. For lists of rights. */
export function standingFlaw(grant: Grant, view: ContractView, now: number): DenialReason | undefined {
  const anchor = anchorOfRight(view, grant)
  if (anchor === undefined) return DenialReason.NO_GRANT
  return (
    flawOf(grant, [anchor], now) ??
    (view.suspendedUntil(grant.account) > now ? DenialReason.WALLET_SUSPENDED : undefined)
  )
}

/** Returns why the right does not count now, or undefined when it does. */
function flawOf(grant: Grant, topics: readonly Topic[], now: number): DenialReason | undefined {
  if (grant.endedBy !== undefined) return DenialReason.GRANT_REVOKED
  if (grant.until <= now) return DenialReason.GRANT_EXPIRED // exclusive
  // No granted right outlives a change of hands; a bought one belongs to the topic.
  const isSuperseded = grant.bought === undefined && topics.some((topic) => grant.id < topic.since)
  return isSuperseded ? DenialReason.GRANT_SUPERSEDED : undefined
}

/** All registered topics of the name's owner that cover it must permit the country. */
function countryFlaw(name: TopicName, country: string | undefined, view: ContractView): Decision | undefined {
  const nearest = nearestLiteralTopic(view, name)
  for (const topic of topicsRestricting(view, name, nearest)) {
    const verdict = topic.terms === undefined ? 'permitted' : judgeCountry(topic.terms, country)
    if (verdict === 'unknown') return denied(DenialReason.COUNTRY_UNKNOWN, nearest)
    if (verdict === 'not-permitted') return denied(DenialReason.COUNTRY_NOT_PERMITTED, nearest)
  }
  return undefined
}

/** Yields the topics with a country rule or sealed that cover the name and belong to its owner. */
export function* topicsRestricting(view: ContractView, name: TopicName, nearest: Topic | undefined): Generator<Topic> {
  for (const topic of view.restrictedAlong(name)) {
    // A literal topic rules over its subtree.
    const area = topic.owner === undefined ? topic.filter : (`${topic.filter}/#` as TopicFilter)
    if (anchorOf(view, topic)?.owner === nearest?.owner && covers(area, name as string as TopicFilter)) yield topic
  }
}

/**
 * Yields the account's rights on topics that match the name, in the contract's order: the literal topic, `/#` from the
 * name upward, then `+`; on each topic the granted one before the bought one.
 */
function* rightsMatching(
  view: ContractView,
  name: TopicName,
  { account, right }: { account: Address; right: Right },
): Generator<Grant> {
  // The look-ups are a handful, however many rights there are.
  for (const filter of [name, ...literalAncestry(name).map((prefix) => `${prefix}/#`)]) {
    const topicId = view.topic(filter)?.topicId
    if (topicId === undefined) continue
    const [granted, bought] = [view.grant(topicId, account, right), view.bought(topicId, account, right)]
    if (granted !== undefined) yield granted
    if (bought !== undefined) yield bought
  }
  for (const grant of view.rightsAlong(name, account, right)) {
    const filter = view.topicById(grant.topicId)?.filter
    if (filter?.includes('+') && covers(filter, name as string as TopicFilter)) yield grant
  }
}

function anchorOfRight(view: ContractView, { topicId }: Grant): Topic | undefined {
  const topic = view.topicById(topicId)
  return topic && anchorOf(view, topic)
}

const allowed = (topicId: Bytes32, grantId = 0): Decision => ({ outcome: 'allowed', topicId, grantId })

function denied(reason: DenialReason, nearest?: Topic, grantId = 0): Decision {
  return { outcome: 'denied', reason, topicId: nearest?.topicId ?? ZERO_BYTES32, grantId }
}
