/** @module Control packets as the proxy knows them, one interface each, in MQTT's words. */
import type { Buffer } from 'node:buffer'
import type { Properties } from './properties.ts'

export type QoS = 0 | 1 | 2

export interface Will {
  topicName: string
  payload: Buffer
  qos: QoS
  retain: boolean
  properties: Properties
}

export interface ConnectPacket {
  cmd: 'connect'
  version: 4 | 5
  clientId: string
  /** Clean Start in MQTT 5, Clean Session in 3.1.1. */
  clean: boolean
  /** Seconds. */
  keepAlive: number
  userName?: string
  password?: Buffer
  will?: Will
  properties: Properties
}

/** A CONNECT of a protocol that we do not speak: answered in the words of its own version. [MQTT-3.1.2-2] */
export interface UnsupportedConnect {
  cmd: 'unsupported-connect'
  level: number
}

export interface ConnackPacket {
  cmd: 'connack'
  sessionPresent: boolean
  reasonCode: number
  properties: Properties
}

export interface AckPacket {
  cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
  packetId: number
  reasonCode: number
  properties: Properties
}

export interface Subscription {
  topicFilter: string
  qos: QoS
  noLocal: boolean
  retainAsPublished: boolean
  retainHandling: 0 | 1 | 2
}

export interface SubscribePacket {
  cmd: 'subscribe'
  packetId: number
  subscriptions: Subscription[]
  properties: Properties
}

export interface UnsubscribePacket {
  cmd: 'unsubscribe'
  packetId: number
  topicFilters: string[]
  properties: Properties
}

export interface SubackPacket {
  cmd: 'suback' | 'unsuback'
  packetId: number
  reasonCodes: number[]
  properties: Properties
}

export interface DisconnectPacket {
  cmd: 'disconnect' | 'auth'
  reasonCode: number
  properties: Properties
}

export interface PingPacket {
  cmd: 'pingreq' | 'pingresp'
}

/** PUBLISH is not here: it takes the shorter way of inspect-publish.ts. */
export type Packet =
  | ConnectPacket
  | UnsupportedConnect
  | ConnackPacket
  | AckPacket
  | SubscribePacket
  | UnsubscribePacket
  | SubackPacket
  | DisconnectPacket
  | PingPacket
