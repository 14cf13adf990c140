/**
 * @module One whole packet to what it says. Strict: every byte is understood or the packet is refused, since two parsers
 * that disagree on a packet are a smuggling hole. Never throws, reads nothing beyond the packet.
 */
import { parseTopicFilter } from '../../domain/topic-filter.ts'
import { decodeConnect } from './decode-connect.ts'
import { type Frame, type Malformed, malformed } from './frame.ts'
import type { AckPacket, DisconnectPacket, Packet, QoS, SubackPacket, Subscription } from './packets.ts'
import { type Properties, type PropertyPlace, readProperties } from './properties.ts'
import { MalformedError, Reader } from './reader.ts'
import { Reason } from './reason-codes.ts'

export interface DecodeContext {
  /** As CONNECT said; undefined before. */
  version: 4 | 5 | undefined
  from: 'client' | 'broker'
}

/** Returns the packet (not for PUBLISH: see inspectPublish), or why it is none. */
export function decodePacket(frame: Frame, context: DecodeContext): { kind: 'packet'; packet: Packet } | Malformed {
  try {
    return { kind: 'packet', packet: decode(frame, context) }
  } catch (error) {
    if (error instanceof MalformedError) return error.result
    return malformed('a packet that broke the decoder')
  }
}

function decode(frame: Frame, { version, from }: DecodeContext): Packet {
  const reader = new Reader(frame.buffer, frame.bodyAt, frame.end)
  const decoder = (from === 'client' ? FROM_CLIENT : FROM_BROKER)[frame.type]
  if (decoder === undefined) throw problem('a packet of the wrong direction')
  if (version === undefined && frame.type !== 1) throw problem('the first packet is no CONNECT [MQTT-3.1.0-1]')
  const packet = decoder(reader, version ?? 5)
  reader.end()
  return packet
}

type Decoder = (reader: Reader, version: 4 | 5) => Packet

const BOTH: Record<number, Decoder> = {
  4: (reader, version) => acknowledgement(reader, version, 'puback', PUBLISH_CODES),
  5: (reader, version) => acknowledgement(reader, version, 'pubrec', PUBLISH_CODES),
  6: (reader, version) => acknowledgement(reader, version, 'pubrel', RELEASE_CODES),
  7: (reader, version) => acknowledgement(reader, version, 'pubcomp', RELEASE_CODES),
  15: (reader, version) => (version === 5 ? ending(reader, 'auth', AUTH_CODES) : refuse('AUTH in MQTT 3.1.1')),
}

const FROM_CLIENT: Record<number, Decoder> = {
  ...BOTH,
  1: decodeConnect,
  8: subscribe,
  10: unsubscribe,
  12: () => ({ cmd: 'pingreq' }),
  14: (reader, version) => (version === 5 ? ending(reader, 'disconnect', undefined) : plainDisconnect()),
}

const FROM_BROKER: Record<number, Decoder> = {
  ...BOTH,
  2: connack,
  9: (reader, version) => subscriptionAnswer(reader, version, 'suback'),
  11: (reader, version) => subscriptionAnswer(reader, version, 'unsuback'),
  13: () => ({ cmd: 'pingresp' }),
  14: (reader, version) =>
    version === 5 ? ending(reader, 'disconnect', undefined) : refuse('DISCONNECT from a broker'),
}

const PUBLISH_CODES = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
const RELEASE_CODES = [0x00, 0x92]
const AUTH_CODES = [0x00, 0x18, 0x19]
const MAX_FILTERS = 1_000

function acknowledgement(reader: Reader, version: 4 | 5, cmd: AckPacket['cmd'], codes: number[]): AckPacket {
  const packetId = readPacketId(reader)
  const reasonCode = version === 5 && reader.left > 0 ? reader.u8() : Reason.SUCCESS
  if (!codes.includes(reasonCode)) throw problem(`reason code ${reasonCode} in ${cmd}`)
  const properties = version === 5 && reader.left > 0 ? readProperties(reader, cmd) : {}
  return { cmd, packetId, reasonCode, properties }
}

/** DISCONNECT and AUTH: an empty body means success (sections 3.14.2.1, 3.15.2.1). */
function ending(reader: Reader, cmd: DisconnectPacket['cmd'], codes: number[] | undefined): DisconnectPacket {
  const reasonCode = reader.left > 0 ? reader.u8() : Reason.SUCCESS
  const isKnown = codes?.includes(reasonCode) ?? (reasonCode === 0 || reasonCode === 4 || reasonCode >= 0x80)
  if (!isKnown) throw problem(`reason code ${reasonCode} in ${cmd}`)
  return { cmd, reasonCode, properties: reader.left > 0 ? readProperties(reader, cmd) : {} }
}

const plainDisconnect = (): DisconnectPacket => ({ cmd: 'disconnect', reasonCode: 0, properties: {} })

function connack(reader: Reader, version: 4 | 5): Packet {
  const flags = reader.u8()
  if (flags > 1) throw new MalformedError('reserved CONNACK flags [MQTT-3.2.2-1]')
  const reasonCode = reader.u8()
  const properties = version === 5 ? readProperties(reader, 'connack') : {}
  return { cmd: 'connack', sessionPresent: flags === 1, reasonCode, properties }
}

function subscribe(reader: Reader, version: 4 | 5): Packet {
  const packetId = readPacketId(reader)
  const properties = propertiesOf(reader, version, 'subscribe')
  const subscriptions: Subscription[] = []
  while (reader.left > 0) {
    if (subscriptions.push(subscription(reader, version)) > MAX_FILTERS) throw problem('too many filters')
  }
  if (subscriptions.length === 0) throw problem('SUBSCRIBE without a filter [MQTT-3.8.3-2]')
  return { cmd: 'subscribe', packetId, subscriptions, properties }
}

function subscription(reader: Reader, version: 4 | 5): Subscription {
  const topicFilter = readFilter(reader)
  const options = reader.u8()
  const [qos, retainHandling] = [options & 0x03, (options >> 4) & 0x03]
  if (qos === 3) throw new MalformedError('QoS 3 in a subscription [MQTT-3.8.3-4]')
  if (version === 4 && options > 2) throw new MalformedError('reserved bits of a subscription [MQTT-3-8.3-4]')
  if (options > 0x3f || retainHandling === 3) throw new MalformedError('reserved bits of a subscription [MQTT-3.8.3-5]')
  const noLocal = (options & 0x04) !== 0
  if (noLocal && topicFilter.startsWith('$share/')) throw problem('No Local on a shared subscription [MQTT-3.8.3-4]')
  return {
    topicFilter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & 0x08) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  }
}

function unsubscribe(reader: Reader, version: 4 | 5): Packet {
  const packetId = readPacketId(reader)
  const properties = propertiesOf(reader, version, 'unsubscribe')
  const topicFilters: string[] = []
  while (reader.left > 0) if (topicFilters.push(readFilter(reader)) > MAX_FILTERS) throw problem('too many filters')
  if (topicFilters.length === 0) throw problem('UNSUBSCRIBE without a filter [MQTT-3.10.3-2]')
  return { cmd: 'unsubscribe', packetId, topicFilters, properties }
}

function subscriptionAnswer(reader: Reader, version: 4 | 5, cmd: SubackPacket['cmd']): SubackPacket {
  const packetId = readPacketId(reader)
  const properties = propertiesOf(reader, version, cmd)
  const reasonCodes: number[] = []
  while (reader.left > 0) reasonCodes.push(reader.u8())
  return { cmd, packetId, reasonCodes, properties }
}

/** Well-formed text that is no filter is a protocol error: brokers differ on it, so none gets to see it. */
function readFilter(reader: Reader): string {
  const text = reader.text()
  if (parseTopicFilter(text) === undefined) throw new MalformedError('ill-formed filter [MQTT-4.7.1-1]')
  return text
}

function readPacketId(reader: Reader): number {
  const packetId = reader.u16()
  if (packetId === 0) throw problem('packet identifier 0 [MQTT-2.2.1-3]')
  return packetId
}

const propertiesOf = (reader: Reader, version: 4 | 5, place: PropertyPlace): Properties =>
  version === 5 ? readProperties(reader, place) : {}

const problem = (why: string): MalformedError => new MalformedError(why, Reason.PROTOCOL_ERROR)

function refuse(why: string): never {
  throw problem(why)
}
