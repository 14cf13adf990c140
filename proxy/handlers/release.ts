/**
 * @module PUBREL from a device: Mosquitto hands a message of QoS 2 on only now, so it is decided again by the rights of this
 * moment. What may not go on is ended on both sides: the device is answered, the broker forgets the session that holds it.
 */
import type { Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import type { CachedDecision } from '../decision-cache.ts'
import type { SessionPlace } from '../kept/session.ts'
import { type HeldMessage, nameless, Unreleased } from '../unreleased.ts'
import type { Frame } from '../wire/frame.ts'
import type { PublishHead } from '../wire/inspect-publish.ts'
import { Reason } from '../wire/reason-codes.ts'
import { pubcomp } from './acknowledge.ts'
import { decideAgain, judgeName, refusedInstead } from './decide.ts'
import { endSessionAtBroker } from './end-session.ts'
import { somebodyOf } from './somebody.ts'

/** A PUBLISH at QoS 2 goes to the broker. */
export function keepUnreleased(
  connection: Connection,
  { packetId, properties }: PublishHead,
  name: CachedDecision,
): void {
  unreleasedOf(connection).add(packetId, { name, responseTopic: properties.responseTopic })
  const { resumed, inFlight, context } = connection
  if (resumed === undefined || inFlight.takenUp === undefined) return
  // What the disk says is no longer all: after a crash it would pass for it.
  takeUpReleases(connection)
  context.keptReleases.forget(resumed)
  inFlight.takenUp = undefined
}

export function unreleasedOf({ inFlight, resumed }: Connection): Unreleased {
  inFlight.unreleased ??= new Unreleased({ isWhole: resumed === undefined })
  return inFlight.unreleased
}

/** What the broker holds of a session from before is remembered on disk, as is what it will hold once this connection has ended. */
export function resumeReleases(connection: Connection, place: SessionPlace, isPresent: boolean): void {
  const { inFlight, context, keptSession: session } = connection
  const { keptReleases } = context
  if (isPresent) {
    connection.resumed = place
    keptReleases.comeBack(place)
  } else keptReleases.forget(place)
  connection.onEnd.push(() => {
    if (!isPresent && inFlight.unreleased === undefined) return
    if (session === undefined) return keptReleases.forget(place)
    if (inFlight.unreleased !== undefined) {
      takeUpReleases(connection)
      const since = Math.min(session.since, inFlight.unreleased.since)
      keptReleases.keep({ ...session, since }, inFlight.unreleased.toLines())
    }
    keptReleases.leave(session)
  })
}

/**
 * Before anything at QoS 2 is decided in a session that was resumed. Not as it is resumed: another process of this home may
 * remember only later what it sent, since it held the session until the broker let this connection in.
 */
export function takeUpReleases(connection: Connection): void {
  const { resumed, context, inFlight } = connection
  if (resumed === undefined) return
  const edition = context.keptReleases.editionOf(resumed)
  if (edition === undefined || edition === inFlight.takenUp) return
  inFlight.takenUp = edition
  const before = context.keptReleases.find(resumed)
  if (before !== undefined) unreleasedOf(connection).addLines(before.lines, before.since)
}

export function handleRelease(connection: Connection, frame: Frame, packetId: number): Promise<void> | undefined {
  const { inFlight } = connection
  // We play the receiver of what MQTT 3.1.1 was told to be received.
  if (inFlight.refused?.delete(packetId) === true) return complete(connection, packetId, Reason.SUCCESS)
  takeUpReleases(connection)
  const messages = inFlight.unreleased?.of(packetId)
  if (messages === undefined) return handleUnknown(connection, packetId)
  const denied = findDenied(connection, messages)
  if (denied !== undefined) return refuse(connection, packetId, denied)
  inFlight.unreleased?.release(packetId)
  connection.passToBroker(frame)
  return undefined
}

/** Which of them the broker would hand on is not known where there are several: all must be allowed. */
function findDenied(connection: Connection, messages: readonly HeldMessage[]): CachedDecision | undefined {
  for (const { name, responseTopic } of messages) {
    const again = decideAgain(connection, name, 'publish')
    if (again.decision.outcome === 'denied') return again
    if (responseTopic === undefined) continue
    const mayRead = judgeName(connection, 'deliver', responseTopic).outcome === 'allowed'
    if (!mayRead) return refusedInstead(again, DenialReason.RESPONSE_TOPIC_UNSUPPORTED)
  }
  return undefined
}

/**
 * The answer ends the flow for the device, or it would release the message on its next connection. The broker's side cannot
 * be ended: the connection is, and a session that would outlive it; brokers take an identifier that was never released for
 * the old message sent again.
 */
async function refuse(
  connection: Connection,
  packetId: number,
  { decision, topicName }: CachedDecision,
): Promise<void> {
  await record(connection, decision, topicName)
  if (connection.phase !== 'open' || decision.outcome === 'allowed') return
  const { context, version } = connection
  context.counters.count(`publish:${enumName(DenialReason, decision.reason)}`)
  complete(connection, packetId, version === 5 ? Reason.PACKET_IDENTIFIER_NOT_FOUND : Reason.SUCCESS)
  context.guard.abuse.denied(somebodyOf(connection), decision.reason)
  cutWithSession(connection, decision.reason)
}

/**
 * What the broker holds must not be handed on, nor stay in its way. It is remembered all the same: the next connection
 * forgets it where the broker says that the session is gone.
 */
export function cutWithSession(connection: Connection, reason: DenialReason): void {
  connection.cut(reason, Reason.NOT_AUTHORIZED)
  endSessionAtBroker(connection)
}

export const isHeldAtBroker = ({ inFlight }: Connection, packetId: number): boolean =>
  inFlight.unreleased?.of(packetId) !== undefined

/**
 * Nothing is known of it. Where all is known that the broker holds, it was completed before [MQTT-4.3.3-11]. Else its session
 * was served elsewhere, or before a crash: it can be decided no more, so it never goes on, and what the broker may hold of it
 * would take a place there for as long as the session lasts.
 */
async function handleUnknown(connection: Connection, packetId: number): Promise<void> {
  const { context, resumed, inFlight, version } = connection
  context.counters.count('publish:release-unknown')
  const isLost = resumed !== undefined && inFlight.unreleased?.isWhole !== true
  if (isLost) await record(connection, UNKNOWN, '')
  complete(connection, packetId, version === 5 ? Reason.PACKET_IDENTIFIER_NOT_FOUND : Reason.SUCCESS)
  if (!isLost || connection.phase !== 'open') return
  unreleasedOf(connection).add(packetId, nameless())
  // No refusal of the device: it may well come back.
  connection.cut(DenialReason.NO_GRANT, Reason.IMPLEMENTATION_SPECIFIC_ERROR, FORGOTTEN)
  endSessionAtBroker(connection)
}

const FORGOTTEN =
  'What this releases is not known here any more, so its session was ended: connect again and send it anew.'

/** No grant can be shown for what nobody can name. */
const UNKNOWN: Decision = { outcome: 'denied', reason: DenialReason.NO_GRANT, topicId: ZERO_BYTES32, grantId: 0 }

const record = (connection: Connection, decision: Decision, name: string): Promise<void> =>
  connection.context.journal.window(accessOf(connection, Action.PUBLISH, decision), { name, bytes: 0, qos: 2 }).durable

function complete(connection: Connection, packetId: number, reasonCode: number): undefined {
  if (connection.phase === 'open') connection.reply(pubcomp(connection, packetId, reasonCode))
  return undefined
}
