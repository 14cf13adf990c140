/** @module PUBLISH from a device: allowed bytes go on as they came, after their window is durable; all else is refused. */
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { parseTopicName } from '../../domain/topic-filter.ts'
import { accessOf } from '../connection/access-of.ts'
import { NO_LIMITS } from '../connection/peer-limits.ts'
import type { Connection } from '../connection.ts'
import type { CachedDecision } from '../decision-cache.ts'
import { type Receipts, withReceipts } from '../receipts.ts'
import { MAX_TOPIC_ALIASES, TopicAliases } from '../topic-aliases.ts'
import { encodeWithin } from '../wire/encode.ts'
import { type Frame, type Malformed, malformed } from '../wire/frame.ts'
import { inspectPublish, PublishHead, withTopicName } from '../wire/inspect-publish.ts'
import { Reason } from '../wire/reason-codes.ts'
import { countUse, decideAgain, decideName, isRevoked, judgeName, refusedInstead } from './decide.ts'
import { cutWithSession, isHeldAtBroker, keepUnreleased, takeUpReleases, unreleasedOf } from './release.ts'
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
  const taken = head.qos === 0 ? undefined : connection.inFlight.ownUnsubscribes.get(head.packetId)
  if (taken !== undefined) return taken.promise.then(() => afterOwnUnsubscribe(connection, frame))
  const decided = judge(connection, frame)
  if ('kind' in decided) return refuse(connection, decided)

  if (connection.receipts !== undefined && head.qos > 0 && connection.receipts.takeForAck(1))
    return handleWithReceipt(connection, connection.receipts, frame, decided)
  const window = countUse(connection, decided, head, Action.PUBLISH)
  if (window.isDurable) {
    carryOut(connection, frame, decided)
    return undefined
  }
  const before = { ...decided }
  // No record, no access: a rejection ends the connection, and the packet goes nowhere.
  return window.durable.then(() => carryOutLate(connection, frame, before))
}

function afterOwnUnsubscribe(connection: Connection, frame: Frame): Promise<void> | undefined {
  return connection.phase === 'open' ? handlePublish(connection, frame) : undefined
}

/** A denial that is new waits for its own record. */
function carryOutLate(connection: Connection, frame: Frame, before: CachedDecision): Promise<void> | undefined {
  const again = judgeAgain(connection, frame, before)
  if (again === undefined) return undefined
  const window = isRevoked(before, again) ? countUse(connection, again, head, Action.PUBLISH) : undefined
  if (window === undefined || window.isDurable) {
    carryOut(connection, frame, again)
    return undefined
  }
  const denied = { ...again }
  return window.durable.then(() => {
    inspectPublish(frame, connection.version, head)
    carryOut(connection, frame, denied)
  })
}

/**
 * While the disk took the record the right may have ended. Reads the head anew, and returns the decision by which the
 * packet goes on; undefined: nothing goes on any more.
 */
function judgeAgain(connection: Connection, frame: Frame, before: CachedDecision): CachedDecision | undefined {
  if (connection.phase !== 'open') return undefined
  inspectPublish(frame, connection.version, head)
  if (before.decision.outcome === 'denied') return before
  const { turn, chain } = connection.context
  turn.begin(chain)
  const again = judge(connection, frame)
  return 'kind' in again ? refuse(connection, again) : again
}

/** A record of its own, and the promise of it with the answer. [MQTT-4.6.0-2]: nothing of this device overtakes it. */
async function handleWithReceipt(
  connection: Connection,
  receipts: Receipts,
  frame: Frame,
  decided: CachedDecision,
): Promise<void> {
  const before = { ...decided }
  const counts: [number, number, number] = [0, 0, 0]
  counts[head.qos as 1 | 2] = 1
  const evidence = { names: [{ name: decided.topicName, count: 1 }], bytes: head.payloadBytes, qos: counts }
  const recorded = async ({ decision }: CachedDecision): Promise<string | undefined> => {
    const { seq } = await connection.context.journal.record(accessOf(connection, Action.PUBLISH, decision, evidence))
    return receipts.of(seq)
  }
  let receipt = await recorded(before)
  const again = judgeAgain(connection, frame, before)
  if (again === undefined) return
  const goesOnBy = { ...again }
  if (isRevoked(before, goesOnBy)) receipt = await recorded(goesOnBy)
  inspectPublish(frame, connection.version, head)
  if (goesOnBy.decision.outcome === 'allowed') receipts.await(head.packetId, [receipt])
  carryOut(connection, frame, goesOnBy, receipt)
}

/** Returns what becomes of the packet whose head was read. */
function judge(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const { responseTopic, subscriptionIdentifier } = head.properties
  if (subscriptionIdentifier !== undefined) {
    return malformed('a subscription identifier from a client [MQTT-3.3.4-6]', Reason.PROTOCOL_ERROR)
  }
  if (head.qos === 2) takeUpReleases(connection)
  // Nobody could say later which of them a PUBREL releases.
  if (head.qos === 2 && connection.inFlight.unreleased?.isReleased(head.packetId) === true)
    return malformed('an identifier whose PUBREL awaits its PUBCOMP [MQTT-2.2.1-3]', Reason.PROTOCOL_ERROR)
  const named = head.topicAlias === 0 ? decide(connection, frame) : byAlias(connection, frame)
  const isTooMuch = head.qos === 2 && connection.inFlight.unreleased?.isFullFor(head.packetId) === true
  const decided = isTooMuch && !('kind' in named) ? refusedInstead(named, DenialReason.LIMIT_EXCEEDED) : named
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
  const { topicAliasMaximum, maximumPacketSize } = connection.broker?.takes ?? NO_LIMITS
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

function carryOut(connection: Connection, frame: Frame, decided: CachedDecision, receipt?: string): void {
  if (connection.phase !== 'open') return
  if (decided.decision.outcome === 'denied') return deny(connection, decided.decision.reason, receipt)
  if (head.qos > 0) {
    connection.acks.forwarded(head.qos as 1 | 2)
    connection.inFlight.sent.add(head.packetId)
    connection.inFlight.refused?.delete(head.packetId)
    if (head.qos === 2) keepUnreleased(connection, head, decided)
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
  [DenialReason.LIMIT_EXCEEDED]: Reason.QUOTA_EXCEEDED,
}

/** [MQTT-3.3.5-2] [MQTT-4.3.3-9]; MQTT 3.1.1 has no word for it. */
function deny(connection: Connection, reason: DenialReason, receipt?: string): void {
  const { version, context, deviceTakes } = connection
  const { qos, packetId } = head
  context.counters.count(`publish:${enumName(DenialReason, reason)}`)
  context.guard.abuse.denied(somebodyOf(connection), reason)
  if (connection.phase !== 'open') return // banned for it
  const isHeld = qos === 2 && isHeldAtBroker(connection, packetId)
  if (version === 4 && context.deniedPublish === 'disconnect')
    return isHeld ? cutWithSession(connection, reason) : connection.cut(reason, Reason.NOT_AUTHORIZED)
  if (qos === 0) return
  if (version === 4 && qos === 2) {
    unreleasedOf(connection) // its release on a later connection is no unknown one
    connection.inFlight.refused ??= new Set()
    connection.inFlight.refused.add(packetId)
  }
  const mayExplain = connection.connect?.properties.requestProblemInformation !== false // [MQTT-3.1.2-29]
  const words = mayExplain ? { reasonString: enumName(DenialReason, reason) ?? '' } : {}
  const properties = withReceipts(words, [receipt])
  const reasonCode = version === 5 ? (CODES[reason] ?? Reason.NOT_AUTHORIZED) : Reason.SUCCESS
  const cmd = qos === 1 ? 'puback' : 'pubrec'
  const answer = { cmd, packetId, reasonCode, properties } as const
  connection.acks.answer(qos, encodeWithin(answer, version, deviceTakes.maximumPacketSize))
  if (isHeld) cutWithSession(connection, reason) // it was sent before, and nobody will release it
}

function refuse(connection: Connection, problem: Malformed): undefined {
  connection.refuseMalformed(problem)
  return undefined
}
