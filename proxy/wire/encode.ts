/**
 * @module Packets that the proxy itself sends. What devices and the broker say to each other is forwarded as it came and
 * never passes through here; what must be written anew (a CONNECT, part of a SUBSCRIBE) keeps every order that counts.
 */
import { Buffer } from 'node:buffer'
import { writeProperties } from './encode-properties.ts'
import type {
  AckPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  SubackPacket,
  SubscribePacket,
  UnsubscribePacket,
} from './packets.ts'
import type { Properties } from './properties.ts'
import { connackReturnCode } from './reason-codes.ts'
import { Writer } from './writer.ts'

export type Sendable =
  | ConnectPacket
  | ConnackPacket
  | AckPacket
  | SubscribePacket
  | UnsubscribePacket
  | SubackPacket
  | DisconnectPacket

/** Returns the packet's bytes. Throws on what cannot be encoded: our mistake, never a device's. */
export function encodePacket(packet: Sendable, version: 4 | 5): Buffer {
  switch (packet.cmd) {
    case 'connect':
      return encodeConnect(packet)
    case 'connack':
      return encodeConnack(packet, version)
    case 'subscribe':
      return encodeSubscribe(packet, version)
    case 'unsubscribe':
      return encodeUnsubscribe(packet, version)
    case 'suback':
    case 'unsuback':
      return encodeSubscriptionAnswer(packet, version)
    case 'disconnect':
    case 'auth':
      return encodeEnding(packet, version)
    default:
      return encodeAcknowledgement(packet, version)
  }
}

/**
 * The same, with no more words than the receiver takes: Reason String and User Properties go first.
 * [MQTT-3.4.2-2] [MQTT-3.4.2-3]
 */
export function encodeWithin(
  packet: AckPacket | SubackPacket | DisconnectPacket,
  version: 4 | 5,
  maxBytes: number,
): Buffer {
  const whole = encodePacket(packet, version)
  if (whole.length <= maxBytes) return whole
  const { reasonString: _words, userProperties: _more, ...properties } = packet.properties
  return encodePacket({ ...packet, properties }, version)
}

export const PINGREQ: Buffer = Buffer.from([0xc0, 0x00])
export const PINGRESP: Buffer = Buffer.from([0xd0, 0x00])

const ACKNOWLEDGEMENTS = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 }

function encodeConnect({ version, will, userName, password, ...connect }: ConnectPacket): Buffer {
  const writer = new Writer().text('MQTT').u8(version)
  const willFlags = will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)
  const loginFlags = (userName === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  writer.u8((connect.clean ? 0x02 : 0) | willFlags | loginFlags).u16(connect.keepAlive)
  propertiesOf(writer, connect.properties, version)
  writer.text(connect.clientId)
  if (will !== undefined) {
    propertiesOf(writer, will.properties, version)
    writer.text(will.topicName).binary(will.payload)
  }
  if (userName !== undefined) writer.text(userName)
  if (password !== undefined) writer.binary(password)
  return writer.packet(0x10)
}

function encodeConnack({ sessionPresent, reasonCode, properties }: ConnackPacket, version: 4 | 5): Buffer {
  const writer = new Writer().u8(sessionPresent ? 1 : 0).u8(version === 5 ? reasonCode : connackReturnCode(reasonCode))
  return propertiesOf(writer, properties, version).packet(0x20)
}

function encodeSubscribe({ packetId, subscriptions, properties }: SubscribePacket, version: 4 | 5): Buffer {
  const writer = propertiesOf(new Writer().u16(packetId), properties, version)
  for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of subscriptions) {
    const options = qos | (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4)
    writer.text(topicFilter).u8(version === 5 ? options : qos)
  }
  return writer.packet(0x82)
}

function encodeUnsubscribe({ packetId, topicFilters, properties }: UnsubscribePacket, version: 4 | 5): Buffer {
  const writer = propertiesOf(new Writer().u16(packetId), properties, version)
  for (const topicFilter of topicFilters) writer.text(topicFilter)
  return writer.packet(0xa2)
}

function encodeSubscriptionAnswer(packet: SubackPacket, version: 4 | 5): Buffer {
  const { cmd, packetId, reasonCodes, properties } = packet
  const writer = propertiesOf(new Writer().u16(packetId), properties, version)
  // An UNSUBACK of MQTT 3.1.1 has no payload (section 3.11.3).
  if (version === 5 || cmd === 'suback') writer.bytes(Buffer.from(reasonCodes))
  return writer.packet(cmd === 'suback' ? 0x90 : 0xb0)
}

/** Success without properties is the shortest form (sections 3.14.2.1, 3.15.2.1). */
function encodeEnding({ cmd, reasonCode, properties }: DisconnectPacket, version: 4 | 5): Buffer {
  const writer = new Writer()
  const hasProperties = Object.keys(properties).length > 0
  if (version === 5 && (reasonCode !== 0 || hasProperties)) writer.u8(reasonCode)
  if (version === 5 && hasProperties) writeProperties(writer, properties)
  return writer.packet(cmd === 'disconnect' ? 0xe0 : 0xf0)
}

/** Success without properties is two bytes in both versions (section 3.4.2.1). */
function encodeAcknowledgement({ cmd, packetId, reasonCode, properties }: AckPacket, version: 4 | 5): Buffer {
  const writer = new Writer().u16(packetId)
  const hasProperties = Object.keys(properties).length > 0
  if (version === 5 && (reasonCode !== 0 || hasProperties)) writer.u8(reasonCode)
  if (version === 5 && hasProperties) writeProperties(writer, properties)
  return writer.packet(ACKNOWLEDGEMENTS[cmd])
}

function propertiesOf(writer: Writer, properties: Properties, version: 4 | 5): Writer {
  if (version === 5) writeProperties(writer, properties)
  return writer
}
