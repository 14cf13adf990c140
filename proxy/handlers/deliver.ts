/**
 * @module What the broker sends to a device is decided again, message by message: revocation, expiry and carve-outs bite
 * at once, on persistent sessions and retained messages too.
 */
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { Connection } from '../connection.ts'
import type { CachedDecision } from '../decision-cache.ts'
import { TopicAliases } from '../topic-aliases.ts'
import { encodePacket } from '../wire/encode.ts'
import { type Frame, type Malformed, malformed, PIECE } from '../wire/frame.ts'
import { inspectPublish, PublishHead, withTopicName } from '../wire/inspect-publish.ts'
import { countUse, decideAgain, decideName, isRevoked, refusedInstead } from './decide.ts'

/** One for all: what it says is used up before the next packet is looked at. */
const head = new PublishHead()

export function handleDelivery(connection: Connection, frame: Frame): Promise<void> | undefined {
  if (frame.type === PIECE) {
    if (!connection.isWithholding) connection.passToDevice(frame)
    return undefined
  }
  connection.isWithholding = false
  const problem = inspectPublish(frame, connection.version, head)
  if (problem !== undefined) return lose(connection, problem)
  if (connection.isDraining && head.qos > 0) {
    connection.isWithholding = true // not acknowledged: the broker keeps it for the next connection
    return undefined
  }
  const decided = judge(connection, frame)
  if ('kind' in decided) return lose(connection, decided)

  const window = countUse(connection, decided, head, Action.DELIVER)
  if (window.isDurable) {
    carryOut(connection, frame, decided)
    return undefined
  }
  const before = { ...decided }
  return window.durable.then(() => carryOutLate(connection, frame, before))
}

/** While the disk took the record the right may have ended: decided again, and a denial that is new waits for its own. */
function carryOutLate(connection: Connection, frame: Frame, before: CachedDecision): Promise<void> | undefined {
  if (connection.phase !== 'open') return undefined
  inspectPublish(frame, connection.version, head)
  const again = before.decision.outcome === 'denied' ? before : judgeLate(connection, frame)
  if ('kind' in again) return lose(connection, again)
  const window = isRevoked(before, again) ? countUse(connection, again, head, Action.DELIVER) : undefined
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

function judgeLate(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const { turn, chain } = connection.context
  turn.begin(chain)
  return judge(connection, frame)
}

function judge(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const decided = head.topicAlias === 0 ? decide(connection, frame) : byAlias(connection, frame)
  if ('kind' in decided) return decided
  const size = frame.end - frame.start + frame.missing
  const isLearnt = head.topicEnd > head.topicAt || connection.aliasesFromBroker?.isLearnt(head.topicAlias, decided)
  const putBack = isLearnt ? 0 : decided.topicNameBytes.length
  // What does not fit counts as delivered. [MQTT-3.1.2-24] [MQTT-3.1.2-25]
  const isTooLarge = head.isCut || size + putBack > connection.deviceTakes.maximumPacketSize
  return isTooLarge ? refusedInstead(decided, DenialReason.PACKET_TOO_LARGE) : decided
}

const decide = (connection: Connection, frame: Frame): CachedDecision | Malformed =>
  decideName(connection, frame, head, { cache: connection.deliverCache, kind: 'deliver' })

function byAlias(connection: Connection, frame: Frame): CachedDecision | Malformed {
  const alias = head.topicAlias
  // The broker knows no other maximum than the device's. [MQTT-3.3.2-11]
  if (alias > connection.deviceTakes.topicAliasMaximum) return malformed('a topic alias that was not offered')
  connection.aliasesFromBroker ??= new TopicAliases()
  if (head.topicEnd > head.topicAt) {
    const decided = decide(connection, frame)
    if (!('kind' in decided)) connection.aliasesFromBroker.set(alias, decided)
    return decided
  }
  const meant = connection.aliasesFromBroker.meaning(alias)
  return meant === undefined ? malformed('a topic alias that was never set') : decideAgain(connection, meant, 'deliver')
}

function carryOut(connection: Connection, frame: Frame, decided: CachedDecision): void {
  if (connection.phase !== 'open') return
  if (decided.decision.outcome === 'denied') {
    connection.context.counters.count(`deliver:${enumName(DenialReason, decided.decision.reason)}`)
    return withhold(connection)
  }
  if (head.qos > 0) connection.inFlight.unacknowledged++
  if (head.topicAlias === 0) return connection.passToDevice(frame)
  const { aliasesFromBroker: aliases } = connection
  const isKnown = head.topicEnd > head.topicAt || aliases?.isLearnt(head.topicAlias, decided) === true
  aliases?.learn(head.topicAlias, decided)
  // What set the alias was withheld: the device never learnt it.
  if (isKnown) connection.passToDevice(frame)
  else connection.toDevice.begin(withTopicName(frame, head, decided.topicNameBytes), frame.missing)
}

/**
 * The broker must believe it delivered, or its window fills and the session stalls. PUBREC 0x00, not 0x87: Mosquitto
 * 2.0.11 loses a place of its window for each 0x87.
 */
function withhold(connection: Connection): void {
  const { qos, packetId } = head
  connection.isWithholding = true
  if (qos === 0) return
  if (qos === 2) connection.inFlight.withheld.add(packetId)
  const cmd = qos === 1 ? 'puback' : 'pubrec'
  connection.toBroker(encodePacket({ cmd, packetId, reasonCode: 0, properties: {} }, connection.version))
}

function lose(connection: Connection, { why }: Malformed): undefined {
  connection.loseBroker(why)
  return undefined
}
