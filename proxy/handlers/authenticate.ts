/** @module AUTH: the challenge of enhanced authentication, at CONNECT and on a live connection (MQTT 5 section 4.12). */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { AUTHENTICATION_METHOD } from '../../domain/typed-data.ts'
import { clock } from '../clock.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import { createChallenge, verifyChallengeAnswer } from '../identity/challenge.ts'
import { isClientIdAllowed } from '../identity/client-id.ts'
import { deviceKeys } from '../identity/standing.ts'
import { type LoginVerdict, refused, walletOfUserName } from '../identity/verdict.ts'
import { SHARED_SEQ } from '../rules/paced-journal.ts'
import { encodePacket } from '../wire/encode.ts'
import { malformed } from '../wire/frame.ts'
import type { DisconnectPacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { finishConnect } from './let-in.ts'

/** Begins the exchange of a CONNECT. */
export async function sendChallenge(connection: Connection): Promise<void> {
  if (!isClientIdAllowed(connection.clientId)) return finishConnect(connection, refused(DenialReason.CLIENT_ID_INVALID))
  const isWallet = walletOfUserName(connection.connect?.userName ?? '') !== undefined
  if (!isWallet) return finishConnect(connection, refused(DenialReason.CREDENTIAL_MALFORMED))
  connection.phase = 'authenticate'
  challenge(connection)
}

export function handleAuth(connection: Connection, packet: DisconnectPacket): Promise<void> | undefined {
  const { authenticationMethod: method, authenticationData: answer } = packet.properties
  const isOurs = method === AUTHENTICATION_METHOD && connection.connect?.properties.authenticationMethod === method
  if (!isOurs) return refuse(connection, 'AUTH of another method [MQTT-4.12.0-5] [MQTT-4.12.1-1]')
  if (connection.phase === 'open' && packet.reasonCode === Reason.REAUTHENTICATE) return beginRenewal(connection)
  if (packet.reasonCode !== Reason.CONTINUE_AUTHENTICATION || connection.challenge === undefined) {
    return refuse(connection, 'AUTH out of turn [MQTT-4.12.0-3]')
  }
  const verdict = judge(connection, answer ?? new Uint8Array())
  return connection.phase === 'open' ? finishRenewal(connection, verdict) : finishConnect(connection, verdict)
}

/** Traffic goes on under the old identity until the answer is judged. */
function beginRenewal(connection: Connection): undefined {
  const isUnderWay = connection.challenge !== undefined && connection.challenge.expiresAt > clock.seconds()
  if (isUnderWay) return refuse(connection, 'a second renewal before the first one ended')
  challenge(connection)
  return undefined
}

function challenge(connection: Connection): void {
  const created = createChallenge(clock.seconds())
  connection.challenge = created
  const properties = { authenticationMethod: AUTHENTICATION_METHOD, authenticationData: Buffer.from(created.data) }
  connection.reply(encodePacket({ cmd: 'auth', reasonCode: Reason.CONTINUE_AUTHENTICATION, properties }, 5))
}

/**
 * The nonce is spent with the first answer, right or wrong. What is signed names the client id as the device knows it:
 * empty in a CONNECT that has none, the assigned one later.
 */
function judge(connection: Connection, answer: Uint8Array): LoginVerdict {
  const { challenge: asked, connect, context, phase } = connection
  connection.challenge = undefined
  const wallet = walletOfUserName(connect?.userName ?? '')
  if (wallet === undefined || asked === undefined) return refused(DenialReason.CREDENTIAL_MALFORMED)
  const { deployment, chain } = context
  const { audiences } = connection.accepted.listener
  const now = clock.seconds()
  const isDeviceOf = deviceKeys(chain.views, now)
  const clientId = phase === 'open' ? connection.clientId : (connect?.clientId ?? '')
  return verifyChallengeAnswer({ challenge: asked, answer, wallet, clientId, deployment, audiences, now, isDeviceOf })
}

const NOWHERE = { topicId: ZERO_BYTES32, grantId: 0 } as const

/** Traffic went on under the old identity meanwhile. A failure ends the connection. [MQTT-4.12.1-2] */
async function finishRenewal(connection: Connection, verdict: LoginVerdict): Promise<void> {
  const { journal, newcomers, counters } = connection.context
  if (verdict.outcome === 'refused') return refuseRenewal(connection, verdict.reason, Reason.NOT_AUTHORIZED)
  const { identity, proof } = verdict
  if (newcomers.mustWait(identity.wallet, connection.network)) {
    counters.count('newcomer:refused')
    return refuseRenewal(connection, DenialReason.RATE_EXCEEDED, Reason.QUOTA_EXCEEDED)
  }
  const allowed = { outcome: 'allowed', ...NOWHERE } as const
  const { seq } = await journal.record(accessOf(connection, Action.AUTHENTICATE, allowed, { proof }, identity))
  // Not before it is on disk: what the old identity rests on may have gone meanwhile.
  if (connection.phase !== 'open') return
  const isSameKey = connection.identity?.device === identity.device
  // What follows would name one key, and the record behind it another.
  if (seq === SHARED_SEQ && !isSameKey) return connection.cut(DenialReason.RATE_EXCEEDED, Reason.QUOTA_EXCEEDED)
  connection.identity = identity // the same wallet, perhaps by another of its keys
  if (seq !== SHARED_SEQ) restOn(connection, seq)
  connection.review?.()
  if (connection.phase !== 'open') return
  const properties = { authenticationMethod: AUTHENTICATION_METHOD }
  connection.reply(encodePacket({ cmd: 'auth', reasonCode: Reason.SUCCESS, properties }, 5))
}

/** What follows rests on the new proof. Not where its record is shared: windows that end by it would be records without end. */
function restOn(connection: Connection, seq: number): void {
  connection.context.journal.closeConnection(connection.id)
  connection.publishCache.clear()
  connection.deliverCache.clear()
  connection.behind = seq
}

async function refuseRenewal(connection: Connection, reason: DenialReason, reasonCode: number): Promise<void> {
  const { journal, counters } = connection.context
  counters.count(`authenticate:${enumName(DenialReason, reason)}`)
  const denied = { outcome: 'denied', reason, ...NOWHERE } as const
  await journal.record(accessOf(connection, Action.AUTHENTICATE, denied)).catch(() => counters.count('unrecorded'))
  connection.cut(reason, reasonCode)
}

function refuse(connection: Connection, why: string): undefined {
  connection.refuseMalformed(malformed(why, Reason.PROTOCOL_ERROR))
  return undefined
}
