/** @module What time alone ends: a login that never comes, an identity, a peer that reads nothing or says nothing. */
import { DenialReason } from '../../domain/enums.ts'
import type { Connection } from '../connection.ts'
import { Reason } from '../wire/reason-codes.ts'

/** How long a device that has left may wait for the disk or the broker with what it sent last. */
const FAREWELL_MS = 5_000

/** Called each second for every connection. */
export function tick(connection: Connection, now: number): void {
  const { phase, farewellAt, context } = connection
  if (farewellAt !== 0 && now - farewellAt > FAREWELL_MS) return connection.close()
  if (phase === 'dial') return // bounded by its own timers, which answer with a code
  if (phase === 'open') return tickInService(connection, now)
  if (now - connection.accepted.acceptedAt > context.limits.connectTimeoutMs)
    connection.cut(DenialReason.AUTHENTICATION_TIMEOUT, Reason.NOT_AUTHORIZED)
}

function tickInService(connection: Connection, now: number): void {
  // A shared subscription's right ends by the clock too, with no packet that would be decided.
  if (now >= connection.endsAt * 1_000 || connection.shared.size > 0) connection.review?.()
  if (connection.phase === 'closed') return
  if (connection.toDevice.stalledFor(now) > connection.context.limits.stalledTimeoutMs)
    return connection.cut(DenialReason.SLOW_READER, Reason.QUOTA_EXCEEDED)
  if (connection.keepAlive !== 0) keepAlive(connection, now)
}

function keepAlive(connection: Connection, now: number): void {
  const { broker, keepAlive: seconds } = connection
  const silence = seconds * 1_500 // [MQTT-3.1.2-22]
  if (connection.silentFor(now) > silence)
    return connection.cut(DenialReason.KEEP_ALIVE_TIMEOUT, Reason.KEEP_ALIVE_TIMEOUT)
  if (broker === undefined) return
  // What we swallow does not keep the broker's side alive.
  if (broker.idleFor(now) > seconds * 500) broker.ping()
  if (broker.silentFor(now) > silence) connection.loseBroker('it does not answer')
}
