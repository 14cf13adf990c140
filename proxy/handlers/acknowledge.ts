/**
 * @module PUBACK, PUBREC, PUBREL, PUBCOMP: passed on as they came. Ours alone are those of a flow that one side never saw.
 */
import type { Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import type { Frame } from '../wire/frame.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

export const isAcknowledgement = (type: number): boolean => type >= PUBACK && type <= PUBCOMP

/** Returns the id of an acknowledgement that says nothing but success, which nearly all do; else 0. */
export function plainAckId({ type, buffer, bodyAt, end }: Frame): number {
  return isAcknowledgement(type) && end - bodyAt === 2 ? (buffer[bodyAt]! << 8) | buffer[bodyAt + 1]! : 0
}

export function passAckToBroker(connection: Connection, frame: Frame, packetId: number, reasonCode: number): void {
  const { type } = frame
  if (type === PUBREL && connection.refused?.delete(packetId) === true)
    return connection.reply(pubcomp(connection, packetId))
  const isLast = type === PUBACK || type === PUBCOMP || (type === PUBREC && reasonCode >= 0x80)
  if (isLast && connection.unacknowledged > 0) connection.unacknowledged--
  connection.passToBroker(frame)
}

export function passAckToDevice(connection: Connection, frame: Frame, packetId: number, reasonCode: number): void {
  const { type } = frame
  // A delivery at QoS 2 that was withheld ends between us and the broker.
  if (type === PUBREL && connection.withheld.delete(packetId)) return connection.toBroker(pubcomp(connection, packetId))
  connection.passToDevice(frame)
  if (type === PUBREL) return
  if (type !== PUBREC || reasonCode >= 0x80) connection.sent.delete(packetId)
  if (type !== PUBCOMP) connection.acks.answered(type === PUBACK ? 1 : 2)
}

const pubcomp = ({ version }: Connection, packetId: number): Buffer =>
  encodePacket({ cmd: 'pubcomp', packetId, reasonCode: 0, properties: {} }, version)
