/**
 * @module Packets that the proxy itself sends, by mqtt-packet. What devices and the broker say to each other is
 * forwarded as it came and never passes through here, since a round trip through the library changes bytes.
 */
import { Buffer } from 'node:buffer'
import mqttPacket from 'mqtt-packet'
import type {
  AckPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  SubackPacket,
  SubscribePacket,
} from './packets.ts'
import type { Properties } from './properties.ts'
import { connackReturnCode } from './reason-codes.ts'

export type Sendable = ConnectPacket | ConnackPacket | AckPacket | SubscribePacket | SubackPacket | DisconnectPacket

/** Returns the packet's bytes. Throws on what cannot be encoded: our mistake, never a device's. */
export function encodePacket(packet: Sendable, version: 4 | 5): Buffer {
  return mqttPacket.generate(toLibrary(packet, version), { protocolVersion: version }) as Buffer
}

export const PINGREQ: Buffer = Buffer.from([0xc0, 0x00])
export const PINGRESP: Buffer = Buffer.from([0xd0, 0x00])

function toLibrary(packet: Sendable, version: 4 | 5): mqttPacket.Packet {
  const properties = version === 5 ? { properties: propertiesToLibrary(packet.properties) } : {}
  switch (packet.cmd) {
    case 'connect':
      return connectToLibrary(packet, properties)
    case 'connack': {
      const { sessionPresent, reasonCode } = packet
      const code = version === 5 ? { reasonCode } : { returnCode: connackReturnCode(reasonCode) }
      return { cmd: 'connack', sessionPresent, ...code, ...properties }
    }
    case 'subscribe': {
      const subscriptions = packet.subscriptions.map(({ topicFilter, ...options }) =>
        subscription(topicFilter, options),
      )
      return { cmd: 'subscribe', messageId: packet.packetId, subscriptions, ...properties }
    }
    case 'suback':
    case 'unsuback':
      return {
        cmd: packet.cmd,
        messageId: packet.packetId,
        granted: packet.reasonCodes,
        ...properties,
      } as mqttPacket.Packet
    case 'disconnect':
    case 'auth':
      return version === 5
        ? ({ cmd: packet.cmd, reasonCode: packet.reasonCode, ...properties } as mqttPacket.Packet)
        : { cmd: 'disconnect' }
    default: {
      // Success without properties is two bytes in both versions (section 3.4.2.1).
      const isPlain = packet.reasonCode === 0 && Object.keys(packet.properties).length === 0
      const code = version === 5 && !isPlain ? { reasonCode: packet.reasonCode, ...properties } : {}
      return { cmd: packet.cmd, messageId: packet.packetId, ...code } as mqttPacket.Packet
    }
  }
}

function connectToLibrary(packet: ConnectPacket, properties: object): mqttPacket.Packet {
  const { version, clientId, clean, keepAlive, userName, password } = packet
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: version,
    clientId,
    clean,
    keepalive: keepAlive,
    ...(userName === undefined ? {} : { username: userName }),
    ...(password === undefined ? {} : { password }),
    ...properties,
  } as mqttPacket.Packet
}

const subscription = (topic: string, options: Omit<SubscribePacket['subscriptions'][0], 'topicFilter'>) => ({
  topic,
  qos: options.qos,
  nl: options.noLocal,
  rap: options.retainAsPublished,
  rh: options.retainHandling,
})

function propertiesToLibrary({ userProperties, subscriptionIdentifier, ...rest }: Properties): object {
  const grouped = Object.groupBy(userProperties ?? [], ([key]) => key)
  const named = Object.entries(grouped).map(([key, pairs = []]) => [key, pairs.map(([, value]) => value)])
  return {
    ...rest,
    ...(subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier: subscriptionIdentifier[0] }),
    ...(named.length === 0 ? {} : { userProperties: Object.fromEntries(named) }),
  }
}
