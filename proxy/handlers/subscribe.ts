/** @module SUBSCRIBE: each filter alone, one code each, in order; what is wider than the grant is denied as a whole. */
import type { Decision } from '../../domain/authorize.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { clock } from '../clock.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import { withReceipts } from '../receipts.ts'
import { encodePacket, encodeWithin } from '../wire/encode.ts'
import { type Frame, malformed } from '../wire/frame.ts'
import type { SubscribePacket, UnsubscribePacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { decideFilter } from './decide-filter.ts'
import { decideGroupsAgain, joinGroups, leaveGroups, limitGroups } from './share.ts'
import { somebodyOf } from './somebody.ts'

/** MQTT 3.1.1 has one word for every failure. [MQTT-3.9.3-2] */
const FAILURE = 0x80

/** Everything else is "not authorized": a device learns no more of topics that it may not read. */
const REFUSALS: Partial<Record<DenialReason, number>> = {
  [DenialReason.TOPIC_FILTER_INVALID]: Reason.TOPIC_FILTER_INVALID,
  [DenialReason.SHARED_SUBSCRIPTION_UNSUPPORTED]: Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
  [DenialReason.LIMIT_EXCEEDED]: Reason.QUOTA_EXCEEDED,
}

export async function handleSubscribe(connection: Connection, packet: SubscribePacket, frame: Frame): Promise<void> {
  if (connection.inFlight.subacks.has(packet.packetId)) {
    // In use until its SUBACK. [MQTT-2.2.1-4]
    return connection.refuseMalformed(malformed('packet identifier in use [MQTT-2.2.1-4]', Reason.PROTOCOL_ERROR))
  }
  await connection.inFlight.ownUnsubscribes.get(packet.packetId)?.promise
  if (connection.phase !== 'open') return
  const now = clock.seconds()
  const filters = packet.subscriptions.map(({ topicFilter }) => topicFilter)
  const alone = filters.map((topicFilter) => decideFilter(connection, topicFilter, now))
  const decided = limitGroups(connection, filters, alone)

  // No record, no access: if this rejects, the connection ends unsubscribed.
  const recorded = await Promise.all(decided.map((decision, i) => record(connection, packet, { decision, i })))
  const receipts = await receiptsOf(connection, recorded)
  if (connection.phase !== 'open') return
  const decisions = decideGroupsAgain(connection, filters, decided)
  const denials = decisions.flatMap((decision) => (decision.outcome === 'denied' ? [decision.reason] : []))
  for (const reason of denials) {
    connection.context.counters.count(`subscribe:${enumName(DenialReason, reason)}`)
    connection.context.guard.abuse.denied(somebodyOf(connection), reason)
  }
  if ((connection.phase as string) !== 'open') return // banned for it

  const own = decisions.map((decision) => refusalOf(decision, connection.version))
  const allowed = packet.subscriptions.filter((_, i) => own[i] === undefined)
  if (allowed.length === 0) return answerAll(connection, packet, { denials, receipts })

  // The broker answers only for the filters it is shown; a denied one leaves what stood before. [MQTT-3.8.4-3]
  connection.inFlight.subacks.set(packet.packetId, own)
  connection.receipts?.await(packet.packetId, receipts)
  joinGroups(
    connection,
    allowed.map(({ topicFilter }) => topicFilter),
  )
  const isWhole = denials.length === 0
  connection.toBroker(isWhole ? frame.bytes : encodePacket({ ...packet, subscriptions: allowed }, connection.version))
}

/** Always allowed: it only ever takes away. */
export async function handleUnsubscribe(
  connection: Connection,
  packet: UnsubscribePacket,
  frame: Frame,
): Promise<void> {
  await connection.inFlight.ownUnsubscribes.get(packet.packetId)?.promise
  if (connection.phase !== 'open') return
  const { unsubacks } = connection.inFlight
  const left = leaveGroups(connection, packet.topicFilters)
  unsubacks.set(packet.packetId, [...new Set([...(unsubacks.get(packet.packetId) ?? []), ...left])])
  connection.toBroker(frame.bytes)
}

function record(
  connection: Connection,
  { subscriptions }: SubscribePacket,
  { decision, i }: { decision: Decision; i: number },
): Promise<{ seq: number }> {
  const { topicFilter = '', qos = 0 } = subscriptions[i] ?? {}
  const counts: [number, number, number] = [0, 0, 0]
  counts[qos] = 1
  const evidence = { names: [{ name: topicFilter, count: 1 }], qos: counts }
  return connection.context.journal.record(accessOf(connection, Action.SUBSCRIBE, decision, evidence))
}

/** One for each filter, in order, or none. */
async function receiptsOf({ receipts }: Connection, recorded: readonly { seq: number }[]) {
  if (receipts?.takeForAck(recorded.length) !== true) return []
  return Promise.all(recorded.map(({ seq }) => receipts.of(seq)))
}

function refusalOf(decision: Decision, version: 4 | 5): number | undefined {
  if (decision.outcome === 'allowed') return undefined
  return version === 5 ? (REFUSALS[decision.reason] ?? Reason.NOT_AUTHORIZED) : FAILURE
}

interface AllDenied {
  denials: readonly DenialReason[]
  receipts: readonly (string | undefined)[]
}

/** All denied: answered without the broker, and told why where the device wants to know. */
function answerAll(connection: Connection, { packetId }: SubscribePacket, { denials, receipts }: AllDenied): void {
  const { version, connect, deviceTakes } = connection
  const reasonCodes = denials.map((reason) => (version === 5 ? (REFUSALS[reason] ?? Reason.NOT_AUTHORIZED) : FAILURE))
  const mayExplain = connect?.properties.requestProblemInformation !== false // [MQTT-3.1.2-29]
  const words = denials.map((reason) => enumName(DenialReason, reason)).join(', ')
  const properties = withReceipts(mayExplain ? { reasonString: words } : {}, receipts)
  const suback = { cmd: 'suback', packetId, reasonCodes, properties } as const
  connection.reply(encodeWithin(suback, version, deviceTakes.maximumPacketSize))
}
