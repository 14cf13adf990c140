/** @module PUBLISH from a device: allowed bytes go on as they came, after their window is durable; all else is refused. */
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { parseTopicName } from '../../domain/topic-filter.ts'
import type { Connection } from '../connection.ts'
import type { CachedDecision } from '../decision-cache.ts'
import { MAX_TOPIC_ALIASES, TopicAliases } from '../topic-aliases.ts'
import { encodeWithin } from '../wire/encode.ts'
import { type Frame, type Malformed, malformed } from '../wire/frame.ts'
import { inspectPublish, PublishHead, withTopicName } from '../wire/inspect-publish.ts'
import { Reason } from '../wire/reason-codes.ts'
import { countUse, decideAgain, decideName, judgeName, refusedInstead } from './decide.ts'
import { somebodyOf } from './somebody.ts'

/** One for all: what it says is used up before the next packet is looked at. */
const head = new PublishHead()

export function handlePublish(connection: Connection, frame: Frame): Promise<void> | undefined {
  connection.publishes++
  const problem = inspectPublish(frame, connection.version, head)
  if (problem !== undefined) return refuse(connection, problem)
  // It comes again after the restart: nothing new begins now. [MQTT-4.4.0-1]
  if (connection.isDraining && head.qos > 0) return undefined
  // Taken by an UNSUBSCRIBE of ours for the moment. [MQTT-2.2.1-3]
  const taken = head.qos === 0 ? undefined : connection.ownUnsubscribes.get(head.packetId)
  if (taken !== undefined) return taken.promise.then(() => handlePublish(connection, frame))
  const decided = judge(connection, frame)
  if ('kind' in decided) return refuse(connection, decided)

  const window = countUse(connection, decided, head, Action.PUBLISH)
  if (window.isDurable) {
    carryOut(connection, frame, decided)
    return undefined
  }
  // No record, no access: a rejection ends the connection, and the packet goes nowhere.
  return window.durable.then(() => {
    inspectPublish(frame, connection.version, head)
    carryOut(connection, frame, decided)
  })
}

/** Returns what becomes of the packet whose head was read. */
function judge(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const { responseTopic, subscriptionIdentifier } = head.properties
  if (subscriptionIdentifier !== undefined) {
    return malformed('a subscription identifier from a client [MQTT-3.3.4-6]', Reason.PROTOCOL_ERROR)
  }
  const decided = head.topicAlias === 0 ? decide(connection, frame) : byAlias(connection, frame)
  if (responseTopic === undefined || 'kind' in decided || decided.decision.outcome === 'denied') return decided
  if (parseTopicName(responseTopic) === undefined) return malformed('no response topic [MQTT-3.3.2-14]')
  // It asks somebody else to publish under his own rights: only where the sender could read it anyway.
  const mayRead = judgeName(connection, 'deliver', responseTopic).outcome === 'allowed'
  return mayRead ? decided : refusedInstead(decided, DenialReason.RESPONSE_TOPIC_UNSUPPORTED)
}

const decide = (connection: Connection, frame: Frame): CachedDecision | Malformed =>
  decideName(connection, frame, head, { cache: connection.publishCache, kind: 'publish' })

function byAlias(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const alias = head.topicAlias
  const { topicAliasMaximum, maximumPacketSize } = connection.brokerTakes
  if (alias > Math.min(topicAliasMaximum, MAX_TOPIC_ALIASES)) {
    return malformed('topic alias above the maximum [MQTT-3.3.2-9]', Reason.TOPIC_ALIAS_INVALID)
  }
  connection.aliasesFromDevice ??= new TopicAliases()
  const aliases = connection.aliasesFromDevice
  if (head.topicEnd > head.topicAt) {
    const decided = decide(connection, frame)
    if (!('kind' in decided)) aliases.set(alias, decided)
    return decided
  }
  const meant = aliases.meaning(alias)
  if (meant === undefined) return malformed('a topic alias that was never set', Reason.PROTOCOL_ERROR)
  const decided = decideAgain(connection, meant, 'publish')
  const grown = frame.end - frame.start + meant.topicNameBytes.length + MAX_LENGTH_BYTES
  const isTooLarge = grown > maximumPacketSize && !aliases.isLearnt(alias, meant)
  return isTooLarge ? refusedInstead(decided, DenialReason.PACKET_TOO_LARGE) : decided
}

/** By how much a longer packet's Remaining Length can grow. */
const MAX_LENGTH_BYTES = 3

function carryOut(connection: Connection, frame: Frame, decided: CachedDecision): void {
  if (connection.phase !== 'open') return
  if (decided.decision.outcome === 'denied') return deny(connection, decided.decision.reason)
  if (head.qos > 0) {
    connection.acks.forwarded(head.qos as 1 | 2)
    connection.sent.add(head.packetId)
    connection.refused?.delete(head.packetId)
  }
  if (head.topicAlias === 0) return connection.passToBroker(frame)
  const { aliasesFromDevice: aliases } = connection
  const isKnown = head.topicEnd > head.topicAt || aliases?.isLearnt(head.topicAlias, decided) === true
  aliases?.learn(head.topicAlias, decided)
  // A refused packet set the alias: the broker never learnt it.
  if (isKnown) connection.passToBroker(frame)
  else connection.toBroker(withTopicName(frame, head, decided.topicNameBytes))
}

const CODES: Partial<Record<DenialReason, number>> = {
  [DenialReason.TOPIC_NAME_INVALID]: Reason.TOPIC_NAME_INVALID,
  [DenialReason.PACKET_TOO_LARGE]: Reason.QUOTA_EXCEEDED,
}

/** [MQTT-3.3.5-2] [MQTT-4.3.3-9]; MQTT 3.1.1 has no word for it. */
function deny(connection: Connection, reason: DenialReason): void {
  const { version, context, deviceTakes } = connection
  const { qos, packetId } = head
  context.counters.count(`publish:${enumName(DenialReason, reason)}`)
  context.guard.abuse.denied(somebodyOf(connection), reason)
  if (connection.phase !== 'open') return // banned for it
  if (version === 4 && context.deniedPublish === 'disconnect') return connection.cut(reason, Reason.NOT_AUTHORIZED)
  if (qos === 0) return
  if (version === 4 && qos === 2) {
    connection.refused ??= new Set()
    connection.refused.add(packetId)
  }
  const mayExplain = connection.connect?.properties.requestProblemInformation !== false // [MQTT-3.1.2-29]
  const properties = mayExplain ? { reasonString: enumName(DenialReason, reason) ?? '' } : {}
  const reasonCode = version === 5 ? (CODES[reason] ?? Reason.NOT_AUTHORIZED) : Reason.SUCCESS
  const cmd = qos === 1 ? 'puback' : 'pubrec'
  const answer = { cmd, packetId, reasonCode, properties } as const
  connection.acks.answer(qos, encodeWithin(answer, version, deviceTakes.maximumPacketSize))
}

function refuse(connection: Connection, problem: Malformed): undefined {
  connection.refuseMalformed(problem)
  return undefined
}
