/** @module DISCONNECT, of the device and of the broker: what becomes of the Will, and where a device may not be sent. */
import { Buffer } from 'node:buffer'
import type { Connection } from '../connection.ts'
import { expirySeconds } from '../kept/session.ts'
import { encodePacket } from '../wire/encode.ts'
import { type Frame, malformed } from '../wire/frame.ts'
import type { DisconnectPacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'

/** The device leaves. 0x00 drops its Will; every other code, 0x04 above all, asks for it. [MQTT-3.14.4-3] */
export function handleDisconnect(connection: Connection, packet: DisconnectPacket, frame: Frame): undefined {
  const { connect, will, keptSession } = connection
  const { sessionExpiryInterval, serverReference } = packet.properties
  if ((sessionExpiryInterval ?? 0) !== 0 && (connect?.properties.sessionExpiryInterval ?? 0) === 0) {
    return refuse(
      connection,
      'a session that was to end with the connection cannot be made to last (section 3.14.2.2.2)',
    )
  }
  if (serverReference !== undefined) return refuse(connection, 'a Server Reference from a device (section 3.14.2.2.5)')
  if (sessionExpiryInterval !== undefined && keptSession) keptSession.expiry = expirySeconds(sessionExpiryInterval)
  const isClean = packet.reasonCode === Reason.SUCCESS
  if (isClean || will?.mayFire() === false) {
    connection.close({ cleanly: true, ...(isClean && { goodbye: Buffer.from(frame.bytes) }) })
    return undefined
  }
  will?.settle('happened')
  connection.will = undefined
  connection.passToBroker(frame)
  connection.close()
  return undefined
}

/**
 * The broker ends the connection. Its code is passed on, unless it leads around the proxy: "use another server" and
 * "server moved" become "server busy", and no reference goes with it (DESIGN section 6).
 */
export function handleGoodbye(connection: Connection, packet: DisconnectPacket): void {
  const { serverReference: _away, ...properties } = packet.properties
  const reasonCode = LEADS_AWAY.has(packet.reasonCode) ? Reason.SERVER_BUSY : packet.reasonCode
  connection.context.counters.count('broker:disconnect')
  // Whether it published the Will nobody saw. [MQTT-3.1.2-8]
  connection.will?.settle('unknown')
  connection.will = undefined
  if (connection.version === 5) connection.toDevice.write(encodePacket({ ...packet, reasonCode, properties }, 5))
  connection.close()
}

const LEADS_AWAY: ReadonlySet<number> = new Set([Reason.USE_ANOTHER_SERVER, Reason.SERVER_MOVED])

function refuse(connection: Connection, why: string): undefined {
  connection.refuseMalformed(malformed(why, Reason.PROTOCOL_ERROR))
  return undefined
}
