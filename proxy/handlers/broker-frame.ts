/** @module Every packet of the broker goes through here: deliveries are decided, the rest is understood and passed on. */
import type { Connection } from '../connection.ts'
import { decodePacket } from '../wire/decode.ts'
import { encodeWithin } from '../wire/encode.ts'
import { type Frame, PIECE } from '../wire/frame.ts'
import type { Packet, SubackPacket } from '../wire/packets.ts'
import { passAckToDevice, passWithReceipt, plainAckId } from './acknowledge.ts'
import { handleDelivery } from './deliver.ts'
import { handleGoodbye } from './disconnect.ts'
import { noteLeft } from './share.ts'

const PUBLISH = 3

export function handleBrokerFrame(connection: Connection, frame: Frame): Promise<void> | undefined {
  if (connection.phase === 'closed') return connection.broker?.hear(frame.type) as undefined
  if (frame.type === PUBLISH || frame.type === PIECE) return handleDelivery(connection, frame)
  const packetId = plainAckId(frame)
  if (packetId !== 0) {
    passAckToDevice(connection, frame, packetId, 0)
    return undefined
  }
  const decoded = decodePacket(frame, { version: connection.version, from: 'broker' })
  if (decoded.kind === 'malformed') {
    connection.loseBroker(decoded.why)
    return undefined
  }
  handlePacket(connection, decoded.packet, frame)
  return undefined
}

function handlePacket(connection: Connection, packet: Packet, frame: Frame): void {
  switch (packet.cmd) {
    case 'suback':
      return handleSuback(connection, packet, frame)
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return passAckToDevice(connection, frame, packet.packetId, packet.reasonCode)
    case 'unsuback':
      return handleUnsuback(connection, packet, frame)
    case 'pingresp':
      return connection.broker?.hear(frame.type) // ours: a device's PINGREQ never gets here
    case 'disconnect':
      return handleGoodbye(connection, packet)
    default:
      return connection.loseBroker(`unexpected ${packet.cmd}`)
  }
}

/** Our codes for denied filters fill the gaps: one code per filter, in order. [MQTT-3.9.3-1] */
function handleSuback(connection: Connection, packet: SubackPacket, frame: Frame): void {
  const own = connection.inFlight.subacks.get(packet.packetId)
  connection.inFlight.subacks.delete(packet.packetId)
  const isWhole = own === undefined || own.every((code) => code === undefined)
  if (isWhole) return passWithReceipt(connection, frame, packet.packetId)
  const given = [...packet.reasonCodes]
  const reasonCodes = own.map((code) => code ?? given.shift() ?? 0x80)
  const { version, deviceTakes } = connection
  const whole = { ...packet, reasonCodes }
  const promised = connection.receipts?.attachToSuback(whole)
  connection.deliver(promised ?? encodeWithin(whole, version, deviceTakes.maximumPacketSize))
}

/** Ours: a group that the device may no longer read from. */
function handleUnsuback(connection: Connection, { packetId, reasonCodes }: SubackPacket, frame: Frame): void {
  const { ownUnsubscribes, unsubacks } = connection.inFlight
  const own = ownUnsubscribes.get(packetId)
  const isRefused = reasonCodes.some((code) => code >= 0x80) // MQTT 3.1.1 has no code, and no refusal
  if (own === undefined) {
    const filters = unsubacks.get(packetId) ?? []
    unsubacks.delete(packetId)
    noteLeft(connection, filters, isRefused && 'its')
    return connection.passToDevice(frame)
  }
  ownUnsubscribes.delete(packetId)
  noteLeft(connection, own.filters, isRefused && 'ours')
  own.resolve()
}
