/** @module SUBSCRIBE: each filter alone, one code each, in order; what is wider than the grant is denied as a whole. */
import { authorizeConfirmed, type Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import { type Frame, malformed } from '../wire/frame.ts'
import type { SubscribePacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'

/** MQTT 3.1.1 has one word for every failure. [MQTT-3.9.3-2] */
const FAILURE = 0x80

export async function handleSubscribe(connection: Connection, packet: SubscribePacket, frame: Frame): Promise<void> {
  const { journal, counters } = connection.context
  if (connection.pendingSubacks.has(packet.packetId)) {
    // In use until its SUBACK. [MQTT-2.2.1-4]
    return connection.refuseMalformed(malformed('packet identifier in use [MQTT-2.2.1-4]', Reason.PROTOCOL_ERROR))
  }
  const decisions = packet.subscriptions.map(({ topicFilter }) => decide(connection, topicFilter))

  // No record, no access: if this rejects, the connection ends unsubscribed.
  await Promise.all(
    decisions.map((decision, i) => {
      const { topicFilter = '', qos = 0 } = packet.subscriptions[i] ?? {}
      const counts: [number, number, number] = [0, 0, 0]
      counts[qos] = 1
      const evidence = { names: [{ name: topicFilter, count: 1 }], qos: counts }
      return journal.record(connection.accessOf(Action.SUBSCRIBE, decision, evidence))
    }),
  )
  if (connection.phase !== 'open') return
  const denials = decisions.flatMap((decision) => (decision.outcome === 'denied' ? [decision.reason] : []))
  for (const reason of denials) counters.count(`subscribe:${enumName(DenialReason, reason)}`)

  const refusal = connection.version === 5 ? Reason.NOT_AUTHORIZED : FAILURE
  const own = decisions.map(({ outcome }) => (outcome === 'denied' ? refusal : undefined))
  const allowed = packet.subscriptions.filter((_, i) => own[i] === undefined)
  if (allowed.length === 0) return answerAll(connection, packet, denials)

  // The broker answers only for the filters it is shown; a denied one leaves what stood before. [MQTT-3.8.4-3]
  connection.pendingSubacks.set(packet.packetId, own)
  const isWhole = denials.length === 0
  connection.toBroker(isWhole ? frame.bytes : encodePacket({ ...packet, subscriptions: allowed }, connection.version))
}

function decide(connection: Connection, topicFilter: string): Decision {
  const { chain } = connection.context
  const account = connection.identity?.wallet
  if (account === undefined) throw new Error('a packet of nobody')
  if (!chain.isFresh) return { outcome: 'denied', reason: DenialReason.VIEW_STALE, topicId: ZERO_BYTES32, grantId: 0 }
  const now = Math.floor(Date.now() / 1_000)
  return authorizeConfirmed({ kind: 'subscribe', account, topicFilter }, chain.views, now)
}

/** All denied: answered without the broker, and told why where the device wants to know. */
function answerAll(connection: Connection, { packetId }: SubscribePacket, denials: DenialReason[]): void {
  const { version, connect } = connection
  const reasonCodes = denials.map(() => (version === 5 ? Reason.NOT_AUTHORIZED : FAILURE))
  const mayExplain = connect?.properties.requestProblemInformation !== false // [MQTT-3.1.2-29]
  const words = denials.map((reason) => enumName(DenialReason, reason)).join(', ')
  const properties = mayExplain ? { reasonString: words } : {}
  connection.reply(encodePacket({ cmd: 'suback', packetId, reasonCodes, properties }, version))
}
