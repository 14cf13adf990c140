/**
 * @module Shared subscriptions of a live connection. A shared message that is withheld from one member is lost to its
 * group, so a member that may no longer read leaves the group at the broker (DESIGN section 6), a moment early rather
 * than late. Which ones a resumed session holds is known only where they were made.
 */
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { isShared } from '../../domain/topic-filter.ts'
import { clock } from '../clock.ts'
import type { Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import { Reason } from '../wire/reason-codes.ts'
import { decideFilter } from './decide-filter.ts'

/** Seconds before a right's end at which a member leaves: longer than a tick and the way to the broker. */
const LEAVE_EARLY_S = 2
const LAST_PACKET_ID = 0xffff

/** Filters that go to the broker in a SUBSCRIBE. */
export function joinGroups(connection: Connection, filters: readonly string[]): void {
  for (const filter of filters) if (isShared(filter)) connection.shared.add(filter)
  setSharing(connection)
}

/** Filters that go to the broker in an UNSUBSCRIBE, or that it did not take. */
export function leaveGroups(connection: Connection, filters: readonly string[]): void {
  for (const filter of filters) connection.shared.delete(filter)
  setSharing(connection)
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
    connection.context.counters.count(`share:${enumName(DenialReason, decision.reason)}`)
    const access = connection.accessOf(Action.SUBSCRIBE, decision, { names: [{ name: filter, count: 1 }] })
    connection.context.journal.record(access).catch(() => connection.context.counters.count('unrecorded'))
  }
  if (lost.length > 0) unsubscribe(connection, lost)
}

function unsubscribe(connection: Connection, topicFilters: string[]): void {
  leaveGroups(connection, topicFilters)
  const packetId = freePacketId(connection)
  connection.ownUnsubscribes.set(packetId, Promise.withResolvers())
  connection.toBroker(encodePacket({ cmd: 'unsubscribe', packetId, topicFilters, properties: {} }, connection.version))
}

/** From the top, where devices count last; a packet of the device that comes to it waits. [MQTT-2.2.1-3] */
function freePacketId(connection: Connection): number {
  let packetId = LAST_PACKET_ID
  while (connection.ownUnsubscribes.has(packetId) || connection.isInFlight(packetId)) packetId--
  return packetId
}

function setSharing({ review, shared, context }: Connection): void {
  if (review !== undefined) context.live.setSharing(review, shared.size > 0)
}
