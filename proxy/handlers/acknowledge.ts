/**
 * @module PUBACK, PUBREC, PUBREL, PUBCOMP: passed on as they came; a device's PUBREL is decided first, in release.ts. Ours alone are those of a flow that one side never saw.
 */
import type { Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import type { Frame } from '../wire/frame.ts'
import { Reason } from '../wire/reason-codes.ts'

const PUBACK = 4
const PUBREC = 5
export const PUBREL = 6
const PUBCOMP = 7

export const isAcknowledgement = (type: number): boolean => type >= PUBACK && type <= PUBCOMP

/** Returns the id of an acknowledgement that says nothing but success, which nearly all do; else 0. */
export function plainAckId({ type, buffer, bodyAt, end }: Frame): number {
  return isAcknowledgement(type) && end - bodyAt === 2 ? (buffer[bodyAt]! << 8) | buffer[bodyAt + 1]! : 0
}

export function passAckToBroker(connection: Connection, frame: Frame, reasonCode: number): void {
  const { type } = frame
  const isLast = type === PUBACK || type === PUBCOMP || (type === PUBREC && reasonCode >= 0x80)
  if (isLast && connection.inFlight.unacknowledged > 0) connection.inFlight.unacknowledged--
  connection.passToBroker(frame)
}

export function passAckToDevice(connection: Connection, frame: Frame, packetId: number, reasonCode: number): void {
  const { type } = frame
  // A delivery at QoS 2 that was withheld ends between us and the broker.
  if (type === PUBREL && connection.inFlight.withheld.delete(packetId))
    return connection.toBroker(pubcomp(connection, packetId))
  if (type === PUBACK || type === PUBREC) passWithReceipt(connection, frame, packetId)
  else connection.passToDevice(frame)
  if (type === PUBREL) return
  if (type !== PUBREC || reasonCode >= 0x80) connection.inFlight.sent.delete(packetId)
  if (type !== PUBACK && (type === PUBCOMP || reasonCode >= 0x80)) connection.inFlight.unreleased?.delete(packetId)
  if (type !== PUBCOMP) connection.acks.answered(type === PUBACK ? 1 : 2)
}

/** The broker's answer as it came, or with the receipts of what it answers. */
export function passWithReceipt(connection: Connection, frame: Frame, packetId: number): void {
  const promised = connection.receipts?.attachTo(frame, packetId)
  if (promised === undefined) connection.passToDevice(frame)
  else connection.deliver(promised)
}

export const pubcomp = ({ version }: Connection, packetId: number, reasonCode: number = Reason.SUCCESS): Buffer =>
  encodePacket({ cmd: 'pubcomp', packetId, reasonCode, properties: {} }, version)
