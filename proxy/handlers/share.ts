/**
 * @module Shared subscriptions of a live connection. A shared message that is withheld from one member is lost to its
 * group, so a member that may no longer read leaves the group at the broker (DESIGN section 6), a moment early rather
 * than late; one that lost its right while it was away leaves as it comes back.
 */
import { Buffer } from 'node:buffer'
import type { Decision } from '../../domain/authorize.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { isShared } from '../../domain/topic-filter.ts'
import { clock } from '../clock.ts'
import { accessOf } from '../connection/access-of.ts'
import { NO_LIMITS } from '../connection/peer-limits.ts'
import type { Connection } from '../connection.ts'
import { MAX_KEPT_BYTES } from '../kept/lists.ts'
import { expirySeconds, type SessionPlace } from '../kept/session.ts'
import { encodePacket } from '../wire/encode.ts'
import { Reason } from '../wire/reason-codes.ts'
import { decideFilter } from './decide-filter.ts'

/** Seconds before a right's end at which a member leaves: longer than a tick and the way to the broker. */
const LEAVE_EARLY_S = 2
const LAST_PACKET_ID = 0xffff
/** Of one session; each is decided every second. */
const MAX_GROUPS = 256

/** The broker has, or has not, a session of before: with its shared subscriptions, which are looked at anew. */
export function resumeGroups(connection: Connection, place: SessionPlace, isPresent: boolean): void {
  const { keptGroups } = connection.context
  keepSession(connection, place)
  if (!isPresent) return keptGroups.forget(place)
  joinGroups(connection, keptGroups.of(place))
}

function keepSession(connection: Connection, place: SessionPlace): void {
  const account = connection.identity?.wallet
  const expiry = expiryOf(connection)
  if (account === undefined || expiry === 0) return
  const session = { ...place, account, since: clock.seconds(), expiry }
  connection.keptSession = session
  connection.onEnd.push(() => connection.context.keptGroups.leave(session))
}

/** Returns the seconds that the session may stand once the connection has ended. */
function expiryOf({ version, connect, broker }: Connection): number {
  if (version === 4) return connect?.clean === false ? Number.POSITIVE_INFINITY : 0
  return expirySeconds(broker?.says.sessionExpiryInterval ?? connect?.properties.sessionExpiryInterval ?? 0)
}

/** Refuses shared subscriptions beyond what is remembered of one session: they could not be left. */
export function limitGroups(
  connection: Connection,
  filters: readonly string[],
  decisions: readonly Decision[],
): readonly Decision[] {
  if (!filters.some(isShared)) return decisions
  const standing = standingGroups(connection)
  let bytes = 0
  for (const filter of standing) bytes += Buffer.byteLength(filter)
  return decisions.map((decision, i) => {
    const filter = filters[i] ?? ''
    if (decision.outcome === 'denied' || !isShared(filter) || standing.has(filter)) return decision
    const grown = bytes + Buffer.byteLength(filter)
    if (standing.size >= MAX_GROUPS || grown > MAX_KEPT_BYTES) {
      return { outcome: 'denied', reason: DenialReason.LIMIT_EXCEEDED, topicId: decision.topicId, grantId: 0 }
    }
    standing.add(filter)
    bytes = grown
    return decision
  })
}

/** Filters that go to the broker in a SUBSCRIBE. */
export function joinGroups(connection: Connection, filters: readonly string[]): void {
  const shared = filters.filter(isShared)
  for (const filter of shared) {
    connection.shared.add(filter)
    connection.stuck.delete(filter)
  }
  if (shared.length > 0) noteGroups(connection)
}

/**
 * While the disk took a SUBSCRIBE's records a right may have ended: who joined its group all the same would take messages
 * from it that he may not read. Returns the decisions by which it goes on; a denial that is new is recorded too.
 */
export function decideGroupsAgain(
  connection: Connection,
  filters: readonly string[],
  decisions: readonly Decision[],
): readonly Decision[] {
  return decisions.map((decision, i) => {
    const filter = filters[i] ?? ''
    if (decision.outcome === 'denied' || !isShared(filter)) return decision
    const again = decideFilter(connection, filter, clock.seconds())
    if (again.outcome === 'denied') recordLoss(connection, filter, again)
    return again
  })
}

/** Filters that go to the broker in an UNSUBSCRIBE. Returns those that stand there until it has answered. */
export function leaveGroups({ shared, stuck }: Connection, filters: readonly string[]): string[] {
  return filters.filter((filter) => {
    const isStuck = stuck.delete(filter)
    return shared.delete(filter) || isStuck
  })
}

/** The broker has answered an UNSUBSCRIBE. What it did not end may be any of them: all of them stand. */
export function noteLeft(connection: Connection, filters: readonly string[], isRefused: 'ours' | 'its' | false): void {
  if (filters.length === 0) return
  if (isRefused !== false) connection.context.counters.count('share:not-left')
  const { stuck, shared } = connection
  // Ours is not sent again each second: the session leaves as it is resumed.
  if (isRefused !== false) for (const filter of filters) (isRefused === 'ours' ? stuck : shared).add(filter)
  noteGroups(connection)
}

/** Leaves every group whose messages may no longer be read. */
export function reviewGroups(connection: Connection): void {
  if (connection.shared.size === 0) return
  // Every member here would lose what it gets: the connection ends, and its sessions' messages go to others.
  if (!connection.context.chain.isFresh) return connection.cut(DenialReason.VIEW_STALE, Reason.SERVER_BUSY)
  const at = clock.seconds() + LEAVE_EARLY_S
  const lost: string[] = []
  for (const filter of connection.shared) {
    const decision = decideFilter(connection, filter, at)
    if (decision.outcome === 'allowed') continue
    lost.push(filter)
    recordLoss(connection, filter, decision)
  }
  if (lost.length > 0) unsubscribe(connection, lost)
}

function recordLoss(connection: Connection, filter: string, decision: Decision): void {
  const { counters, journal } = connection.context
  if (decision.outcome === 'denied') counters.count(`share:${enumName(DenialReason, decision.reason)}`)
  const access = accessOf(connection, Action.SUBSCRIBE, decision, { names: [{ name: filter, count: 1 }] })
  journal.record(access).catch(() => counters.count('unrecorded'))
}

function unsubscribe(connection: Connection, filters: readonly string[]): void {
  for (const topicFilters of inPackets(filters, connection.broker?.takes.maximumPacketSize)) {
    const packetId = freePacketId(connection)
    const own = { ...Promise.withResolvers<void>(), filters: leaveGroups(connection, topicFilters) }
    connection.inFlight.ownUnsubscribes.set(packetId, own)
    const packet = { cmd: 'unsubscribe', packetId, topicFilters, properties: {} } as const
    connection.toBroker(encodePacket(packet, connection.version))
  }
  noteGroups(connection)
}

/** Fixed header, packet id, property length. */
const UNSUBSCRIBE_BYTES = 5 + 2 + 1

/** As many filters to a packet as the broker takes. [MQTT-3.2.2-15] */
function inPackets(filters: readonly string[], maxBytes = NO_LIMITS.maximumPacketSize): string[][] {
  const packets: string[][] = []
  let left = 0
  for (const filter of filters) {
    const bytes = 2 + Buffer.byteLength(filter)
    if (packets.length === 0 || bytes > left) {
      packets.push([])
      left = maxBytes - UNSUBSCRIBE_BYTES
    }
    packets.at(-1)?.push(filter)
    left -= bytes
  }
  return packets
}

/** From the top, where devices count last; a packet of the device that comes to it waits. [MQTT-2.2.1-3] */
function freePacketId(connection: Connection): number {
  let packetId = LAST_PACKET_ID
  while (connection.inFlight.ownUnsubscribes.has(packetId) || connection.inFlight.has(packetId)) packetId--
  return packetId
}

/** Remembered before the broker hears of it, until it has left: what is remembered in vain only leaves once more. */
function noteGroups(connection: Connection): void {
  const { review, shared, keptSession, context } = connection
  if (review !== undefined) context.live.setSharing(review, shared.size > 0)
  if (keptSession !== undefined) context.keptGroups.keep(keptSession, standingGroups(connection))
}

/** All that the broker may hold for the session. */
function standingGroups({ shared, stuck, inFlight }: Connection): Set<string> {
  const leaving = [...inFlight.ownUnsubscribes.values()].flatMap(({ filters }) => filters)
  return new Set([...shared, ...stuck, ...leaving, ...[...inFlight.unsubacks.values()].flat()])
}
