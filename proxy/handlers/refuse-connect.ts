/** @module A CONNECT that is refused: recorded first, answered with one code, alike for all that must look alike. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { Access } from '../../records/port.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import { isShutOut } from '../rules/capture.ts'
import { encodePacket } from '../wire/encode.ts'
import { Reason } from '../wire/reason-codes.ts'

/**
 * Milliseconds from the login to its refusal, whatever the cause: well above what judging and recording take, so that
 * the time of an answer tells nothing of how near a guess came.
 */
const REFUSAL_MS = 50

const REFUSALS: Partial<Record<DenialReason, number>> = {
  [DenialReason.CREDENTIAL_MALFORMED]: Reason.BAD_USER_NAME_OR_PASSWORD,
  [DenialReason.METHOD_UNSUPPORTED]: Reason.BAD_AUTHENTICATION_METHOD,
  [DenialReason.BANNED]: Reason.BANNED,
  [DenialReason.RATE_EXCEEDED]: Reason.QUOTA_EXCEEDED,
  [DenialReason.CLIENT_ID_INVALID]: Reason.CLIENT_IDENTIFIER_NOT_VALID,
}

/** A CONNECT is about no topic, and carries nothing. */
const NO_USE = { name: '', bytes: 0, qos: 0 } as const

/** A failed login proves no identity, and is recorded without one; all look alike to the device but a malformed one. */
export async function refuseStranger(connection: Connection, reason: DenialReason): Promise<void> {
  const { journal, counters } = connection.context
  const answerAt = sleep(REFUSAL_MS)
  counters.count(`connect:${enumName(DenialReason, reason)}`)
  const denied = { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 } as const
  const access = { ...accessOf(connection, Action.CONNECT, denied), account: ZERO_ADDRESS, network: connection.network }
  const { connectionId: _none, ...stranger } = access
  // Refused all the same when it cannot be recorded.
  await journal.window(stranger, NO_USE).durable.catch(() => counters.count('unrecorded'))
  await answerAt
  refuseConnect(connection, REFUSALS[reason] ?? Reason.NOT_AUTHORIZED)
}

/** Somebody proven who may not come in, or cannot. */
export async function refuseKnown(connection: Connection, reason: DenialReason, reasonCode: number): Promise<void> {
  const { counters } = connection.context
  const answerAt = reasonCode === Reason.NOT_AUTHORIZED ? sleep(REFUSAL_MS) : undefined
  counters.count(`connect:${enumName(DenialReason, reason)}`)
  const denied = { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 } as const
  const isPromised = connection.receipts?.takeForConnack() === true
  const recorded = await recordRefusal(connection, accessOf(connection, Action.CONNECT, denied), isPromised)
  const receipt = isPromised && recorded !== undefined ? await connection.receipts?.of(recorded.seq) : undefined
  await answerAt
  refuseConnect(connection, reasonCode, receipt)
}

/**
 * Resolves with the record's sequence; undefined for one of a window, and for what cannot be recorded: refused all the same.
 * `isPromised`: a receipt is about a record of its own.
 */
async function recordRefusal(
  { context }: Connection,
  access: Access,
  isPromised: boolean,
): Promise<{ seq: number } | undefined> {
  const { journal, counters } = context
  try {
    if (isPromised || !isShutOut(access)) return await journal.record(access)
    const { connectionId: _each, ...shared } = access
    await journal.window(shared, NO_USE).durable
  } catch {
    counters.count('unrecorded')
  }
  return undefined
}

/** [MQTT-3.2.2-7] */
export function refuseConnect(connection: Connection, reasonCode: number, receipt?: string): void {
  if (connection.phase === 'closed') return
  const connack = { cmd: 'connack', sessionPresent: false, reasonCode, properties: {} } as const
  const { receipts, version } = connection
  connection.device.write(receipts?.attachToConnack(connack, receipt) ?? encodePacket(connack, version))
  connection.close()
}
