/** @module Every packet of the broker goes through here: deliveries are decided, the rest is understood and passed on. */
import type { Connection } from '../connection.ts'
import { decodePacket } from '../wire/decode.ts'
import { encodePacket } from '../wire/encode.ts'
import type { Frame } from '../wire/frame.ts'
import type { AckPacket, DisconnectPacket, Packet, SubackPacket } from '../wire/packets.ts'
import { handleDelivery } from './deliver.ts'

const PUBLISH = 3

export function handleBrokerFrame(connection: Connection, frame: Frame): Promise<void> | undefined {
  if (connection.phase === 'closed') return undefined
  if (frame.type === PUBLISH) return handleDelivery(connection, frame)
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
      connection.deliver(frame.bytes)
      return connection.acks.answered(packet.packetId)
    case 'pubrel':
      return handleRelease(connection, packet, frame)
    case 'pubcomp':
      return connection.deliver(frame.bytes)
    case 'unsuback':
      return handleUnsuback(connection, packet, frame)
    case 'pingresp':
      return // ours: a device's PINGREQ never gets here
    case 'disconnect':
      return handleGoodbye(connection, packet)
    default:
      return connection.loseBroker(`unexpected ${packet.cmd}`)
  }
}

/** Our codes for denied filters fill the gaps: one code per filter, in order. [MQTT-3.9.3-1] */
function handleSuback(connection: Connection, packet: SubackPacket, frame: Frame): void {
  const own = connection.pendingSubacks.get(packet.packetId)
  connection.pendingSubacks.delete(packet.packetId)
  if (own === undefined || own.every((code) => code === undefined)) return connection.deliver(frame.bytes)
  const given = [...packet.reasonCodes]
  const reasonCodes = own.map((code) => code ?? given.shift() ?? 0x80)
  connection.deliver(encodePacket({ ...packet, reasonCodes }, connection.version))
}

/** Ours: a group that the device may no longer read from. */
function handleUnsuback(connection: Connection, { packetId }: SubackPacket, frame: Frame): void {
  const own = connection.ownUnsubscribes.get(packetId)
  if (own === undefined) {
    connection.pendingUnsubacks.delete(packetId)
    return connection.deliver(frame.bytes)
  }
  connection.ownUnsubscribes.delete(packetId)
  own.resolve()
}

/** A withheld delivery at QoS 2 ends between us and the broker. */
function handleRelease(connection: Connection, packet: AckPacket, frame: Frame): void {
  if (!connection.withheld.delete(packet.packetId)) return connection.deliver(frame.bytes)
  const { packetId } = packet
  connection.toBroker(encodePacket({ cmd: 'pubcomp', packetId, reasonCode: 0, properties: {} }, connection.version))
}

/** A Server Reference would lead devices around the proxy: it is never passed on. */
function handleGoodbye(connection: Connection, packet: DisconnectPacket): void {
  const { serverReference: _away, ...properties } = packet.properties
  connection.context.counters.count('broker:disconnect')
  if (connection.version === 5) connection.device.write(encodePacket({ ...packet, properties }, 5))
  connection.close()
}
