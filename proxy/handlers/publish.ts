/** @module PUBLISH from a device: allowed bytes go on as they came, after their window is durable; all else is refused. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { CachedDecision, Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import { type Frame, malformed } from '../wire/frame.ts'
import { inspectPublish, type Publish } from '../wire/inspect-publish.ts'
import { Reason } from '../wire/reason-codes.ts'
import { countUse, decideName } from './decide.ts'

export function handlePublish(connection: Connection, frame: Frame): Promise<void> | undefined {
  const publish = inspectPublish(frame, connection.version)
  if (publish.kind === 'malformed') {
    connection.refuseMalformed(publish)
    return undefined
  }
  // Taken by an UNSUBSCRIBE of ours for the moment. [MQTT-2.2.1-3]
  const taken = publish.qos === 0 ? undefined : connection.ownUnsubscribes.get(publish.packetId)
  if (taken !== undefined) return taken.promise.then(() => handlePublish(connection, frame))
  const { topicAlias, subscriptionIdentifier } = publish.properties
  // Our Topic Alias Maximum is 0. [MQTT-3.3.2-9] [MQTT-3.3.4-6]
  if (topicAlias !== undefined) return refuse(connection, 'topic alias', Reason.TOPIC_ALIAS_INVALID)
  if (subscriptionIdentifier !== undefined) return refuse(connection, 'subscription identifier', Reason.PROTOCOL_ERROR)

  const cache = connection.publishCache
  const decided = decideName(connection, publish, { cache, kind: 'publish', action: Action.PUBLISH })
  if ('kind' in decided) {
    connection.refuseMalformed(decided)
    return undefined
  }
  const judged = publish.properties.responseTopic === undefined ? decided : withoutResponseTopic(decided)
  return carryOut(connection, { frame, publish, decided: judged })
}

interface Judged {
  frame: Frame
  publish: Publish
  decided: CachedDecision
}

function carryOut(connection: Connection, judged: Judged): Promise<void> | undefined {
  const window = countUse(connection, judged.decided, judged.publish, Action.PUBLISH)
  if (window.isDurable) {
    finish(connection, judged)
    return undefined
  }
  // No record, no access: a rejection ends the connection, and the packet goes nowhere.
  return window.durable.then(() => finish(connection, judged))
}

function finish(connection: Connection, { frame, publish, decided }: Judged): void {
  if (connection.phase !== 'open') return
  if (decided.decision.outcome === 'denied') return deny(connection, publish, decided.decision.reason)
  if (publish.qos > 0) connection.acks.forwarded(publish.packetId)
  connection.toBroker(frame.bytes)
}

/** [MQTT-3.3.5-2] [MQTT-4.3.3-9]; MQTT 3.1.1 has no word for it. */
function deny(connection: Connection, publish: Publish, reason: DenialReason): void {
  const { version, context } = connection
  context.counters.count(`publish:${enumName(DenialReason, reason)}`)
  if (version === 4 && context.deniedPublish === 'disconnect') return connection.cut(reason, Reason.NOT_AUTHORIZED)
  if (publish.qos === 0) return
  const cmd = publish.qos === 1 ? 'puback' : 'pubrec'
  const mayExplain = connection.connect?.properties.requestProblemInformation !== false // [MQTT-3.1.2-29]
  const properties = mayExplain ? { reasonString: enumName(DenialReason, reason) ?? '' } : {}
  const reasonCode = version === 5 ? Reason.NOT_AUTHORIZED : Reason.SUCCESS
  connection.acks.answer(encodePacket({ cmd, packetId: publish.packetId, reasonCode, properties }, version))
}

/** It would ask another client to publish under that client's rights: a confused deputy. */
function withoutResponseTopic(decided: CachedDecision): CachedDecision {
  const reason = DenialReason.RESPONSE_TOPIC_UNSUPPORTED
  const topicId = decided.decision.topicId ?? ZERO_BYTES32
  return { ...decided, decision: { outcome: 'denied', reason, topicId, grantId: 0 }, window: undefined }
}

function refuse(connection: Connection, why: string, reasonCode: number): undefined {
  connection.refuseMalformed(malformed(`${why} in a PUBLISH`, reasonCode))
  return undefined
}
