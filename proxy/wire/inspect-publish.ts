/**
 * @module A look at a PUBLISH that is cheap enough for every one: what decides, and where it lies. Its bytes are
 * forwarded as they came.
 */
import type { Buffer } from 'node:buffer'
import { parseTopicName } from '../../domain/topic-filter.ts'
import { type Frame, type Malformed, malformed } from './frame.ts'
import type { QoS } from './packets.ts'
import { type Properties, readProperties } from './properties.ts'
import { decodeText, MalformedError, Reader } from './reader.ts'
import { Reason } from './reason-codes.ts'

export interface Publish {
  kind: 'publish'
  /** A view of the packet: well-formedness is not checked yet, see {@link readTopicName}. */
  topicNameBytes: Buffer
  qos: QoS
  retain: boolean
  dup: boolean
  /** 0 at QoS 0. */
  packetId: number
  properties: Properties
  payloadBytes: number
}

const NONE: Properties = Object.freeze({})

/** Returns what the PUBLISH says, or why it is none. Never throws. */
export function inspectPublish(frame: Frame, version: 4 | 5): Publish | Malformed {
  try {
    const reader = new Reader(frame.bytes, frame.bodyAt)
    const topicNameBytes = reader.binary()
    const qos = ((frame.flags >> 1) & 0x03) as QoS
    const packetId = qos === 0 ? 0 : reader.u16()
    if (qos !== 0 && packetId === 0) return malformed('packet identifier 0 [MQTT-2.2.1-3]', Reason.PROTOCOL_ERROR)
    const properties = version === 5 ? propertiesOf(reader, frame) : NONE
    return {
      kind: 'publish',
      topicNameBytes,
      qos,
      retain: (frame.flags & 0x01) !== 0,
      dup: (frame.flags & 0x08) !== 0,
      packetId,
      properties,
      payloadBytes: reader.left,
    }
  } catch (error) {
    return error instanceof MalformedError ? error.result : malformed('a PUBLISH that broke the decoder')
  }
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

/** Most packets have none: one byte of zero. */
function propertiesOf(reader: Reader, frame: Frame): Properties {
  if (frame.bytes[reader.at] !== 0) return readProperties(reader, 'publish')
  reader.u8()
  return NONE
}
