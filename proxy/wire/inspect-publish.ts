/**
 * @module A look at a PUBLISH that is cheap enough for every one: what decides, and where it lies. Its bytes are
 * forwarded as they came.
 */
import { Buffer } from 'node:buffer'
import { parseTopicName } from '../../domain/topic-filter.ts'
import { type Frame, type Malformed, malformed } from './frame.ts'
import type { QoS } from './packets.ts'
import { type Properties, readProperties } from './properties.ts'
import { decodeText, MalformedError, Reader } from './reader.ts'
import { Reason } from './reason-codes.ts'

/** Filled anew for every packet, so that none costs an object. Offsets are into `frame.buffer`. */
export class PublishHead {
  /** Well-formedness of the name is not checked yet, see {@link readTopicName}. */
  topicAt = 0
  topicEnd = 0
  qos: QoS = 0
  /** 0 at QoS 0. */
  packetId = 0
  /** 0: none. [MQTT-3.3.2-8] */
  topicAlias = 0
  /** Behind topic name and packet identifier: where a topic that is put back leaves off. */
  payloadBytes = 0
  properties: Properties = NONE
  /** The properties of a packet in pieces have not all come. */
  isCut = false
}

const NONE: Properties = Object.freeze({})
const TOPIC_ALIAS = 0x23
const cutShort = (): Malformed => malformed('a field reaches beyond its packet')

/** Fills `head` with what the PUBLISH says, or returns why it is none. Never throws. */
export function inspectPublish(frame: Frame, version: 4 | 5, head: PublishHead): Malformed | undefined {
  const { buffer, bodyAt, end } = frame
  if (end - bodyAt < 2) return cutShort()
  head.topicAt = bodyAt + 2
  head.topicEnd = head.topicAt + ((buffer[bodyAt]! << 8) | buffer[bodyAt + 1]!)
  head.qos = ((frame.flags >> 1) & 0x03) as QoS
  head.topicAlias = 0
  head.properties = NONE
  head.isCut = false
  let at = head.topicEnd
  if (head.qos === 0) head.packetId = 0
  else {
    if (at + 2 > end) return cutShort()
    head.packetId = (buffer[at]! << 8) | buffer[at + 1]!
    if (head.packetId === 0) return malformed('packet identifier 0 [MQTT-2.2.1-3]', Reason.PROTOCOL_ERROR)
    at += 2
  }
  if (at > end) return cutShort()
  if (version === 5) {
    if (at === end) return cutShort()
    const size = buffer[at]!
    if (size === 0) at++
    else return inspectProperties(frame, at, head)
  }
  head.payloadBytes = end - at + frame.missing
  return undefined
}

/** Returns the topic name, or why it is none: ill-formed, NUL, wildcard, empty. [MQTT-1.5.4-1] [MQTT-3.3.2-2] */
export function readTopicName(bytes: Buffer): string | Malformed {
  try {
    const text = decodeText(bytes)
    return parseTopicName(text) ?? malformed('no topic name [MQTT-3.3.2-2] [MQTT-4.7.3-1]')
  } catch (error) {
    return error instanceof MalformedError ? error.result : malformed('a topic name that broke the decoder')
  }
}

/** The packet with its topic name put back, for whoever never learnt what its alias stands for. [MQTT-3.3.2-7] */
export function withTopicName(frame: Frame, { topicEnd }: PublishHead, topicName: Buffer): Buffer {
  const rest = frame.buffer.subarray(topicEnd, frame.end)
  const header = [frame.buffer[frame.start]!]
  let length = 2 + topicName.length + rest.length + frame.missing
  do {
    const more = length > 0x7f ? 0x80 : 0
    header.push((length & 0x7f) | more)
    length >>>= 7
  } while (length > 0)
  return Buffer.concat([Buffer.of(...header, topicName.length >> 8, topicName.length & 0xff), topicName, rest])
}

function inspectProperties(frame: Frame, at: number, head: PublishHead): Malformed | undefined {
  const { buffer, end, missing } = frame
  // A topic alias alone is what a busy sender has.
  if (buffer[at] === 3 && buffer[at + 1] === TOPIC_ALIAS && at + 4 <= end) {
    head.topicAlias = (buffer[at + 2]! << 8) | buffer[at + 3]!
    if (head.topicAlias === 0) return malformed('topic alias 0 [MQTT-3.3.2-8]', Reason.TOPIC_ALIAS_INVALID)
    head.payloadBytes = end - at - 4 + missing
    return undefined
  }
  try {
    const reader = new Reader(buffer, at, end)
    head.properties = readProperties(reader, 'publish')
    head.topicAlias = head.properties.topicAlias ?? 0
    head.payloadBytes = reader.left + missing
    return undefined
  } catch (error) {
    if (!(error instanceof MalformedError)) return malformed('a PUBLISH that broke the decoder')
    head.isCut = missing > 0
    head.payloadBytes = missing
    return head.isCut ? undefined : error.result
  }
}
