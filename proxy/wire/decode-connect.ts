/** @module CONNECT (MQTT 5 section 3.1, MQTT 3.1.1 section 3.1), its Will too. */
import { parseTopicName } from '../../domain/topic-filter.ts'
import type { ConnectPacket, Packet, QoS, Will } from './packets.ts'
import { readProperties } from './properties.ts'
import { MalformedError, type Reader } from './reader.ts'
import { Reason } from './reason-codes.ts'

interface ConnectFlags {
  userName: boolean
  password: boolean
  willRetain: boolean
  willQos: number
  will: boolean
  clean: boolean
}

export function decodeConnect(reader: Reader): Packet {
  const name = reader.text()
  const level = reader.u8()
  const version = name === 'MQTT' && (level === 4 || level === 5) ? level : undefined
  if (version === undefined) {
    // MQTT 3.1, later ones, and the bridge bit (levels 131 to 133), a habit of Mosquitto: not spoken. [MQTT-3.1.2-2]
    reader.part(reader.left)
    return { cmd: 'unsupported-connect', level }
  }
  const flags = readFlags(reader.u8(), version)
  const keepAlive = reader.u16()
  const properties = version === 5 ? readProperties(reader, 'connect') : {}
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new MalformedError('authentication data without a method [MQTT-3.1.2]', Reason.PROTOCOL_ERROR)
  }
  const packet: ConnectPacket = {
    cmd: 'connect',
    version,
    clientId: reader.text(),
    clean: flags.clean,
    keepAlive,
    properties,
  }
  if (flags.will) packet.will = readWill(reader, flags, version)
  if (flags.userName) packet.userName = reader.text()
  if (flags.password) packet.password = reader.binary()
  return packet
}

function readFlags(byte: number, version: 4 | 5): ConnectFlags {
  const flags = {
    userName: (byte & 0x80) !== 0,
    password: (byte & 0x40) !== 0,
    willRetain: (byte & 0x20) !== 0,
    willQos: (byte >> 3) & 0x03,
    will: (byte & 0x04) !== 0,
    clean: (byte & 0x02) !== 0,
  }
  if ((byte & 0x01) !== 0) throw new MalformedError('reserved CONNECT flag [MQTT-3.1.2-3]')
  if (flags.willQos === 3) throw new MalformedError('Will QoS 3 [MQTT-3.1.2-12]')
  if (!flags.will && (flags.willQos !== 0 || flags.willRetain)) {
    throw new MalformedError('Will flags without a Will [MQTT-3.1.2-11] [MQTT-3.1.2-13]')
  }
  if (version === 4 && flags.password && !flags.userName) {
    throw new MalformedError('password without user name [MQTT-3.1.2-22]')
  }
  return flags
}

function readWill(reader: Reader, { willQos, willRetain }: ConnectFlags, version: 4 | 5): Will {
  const properties = version === 5 ? readProperties(reader, 'will') : {}
  const topicName = reader.text()
  if (parseTopicName(topicName) === undefined) throw new MalformedError('Will Topic is no topic name [MQTT-3.1.3-11]')
  return { properties, topicName, payload: reader.binary(), qos: willQos as QoS, retain: willRetain }
}
