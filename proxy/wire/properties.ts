/** @module MQTT 5 properties (section 2.2.2): which may stand in which packet, once, with which values. */
import type { Buffer } from 'node:buffer'
import { MalformedError, type Reader } from './reader.ts'
import { Reason } from './reason-codes.ts'

/** Names as mqtt-packet has them: tests compare the two. */
export interface Properties {
  payloadFormatIndicator?: boolean
  messageExpiryInterval?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Buffer
  subscriptionIdentifier?: number[]
  sessionExpiryInterval?: number
  assignedClientIdentifier?: string
  serverKeepAlive?: number
  authenticationMethod?: string
  authenticationData?: Buffer
  requestProblemInformation?: boolean
  willDelayInterval?: number
  requestResponseInformation?: boolean
  responseInformation?: string
  serverReference?: string
  reasonString?: string
  receiveMaximum?: number
  topicAliasMaximum?: number
  topicAlias?: number
  maximumQoS?: number
  retainAvailable?: boolean
  userProperties?: [string, string][]
  maximumPacketSize?: number
  wildcardSubscriptionAvailable?: boolean
  subscriptionIdentifiersAvailable?: boolean
  sharedSubscriptionAvailable?: boolean
}

/** Where properties stand: a packet, or the Will inside CONNECT. */
export type PropertyPlace =
  | 'connect'
  | 'will'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'subscribe'
  | 'suback'
  | 'unsubscribe'
  | 'unsuback'
  | 'disconnect'
  | 'auth'

export type PropertyKind =
  | 'bit'
  | 'flag'
  | 'u16'
  | 'u32'
  | 'positive16'
  | 'positive32'
  | 'alias'
  | 'identifier'
  | 'text'
  | 'binary'

const message = ['publish', 'will']
const answers = ['connack', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'disconnect', 'auth']
const authentication = ['connect', 'connack', 'auth']

/** Table 2-4 of the specification. */
export const PROPERTY_TABLE = new Map<
  number,
  { name: Exclude<keyof Properties, 'userProperties'>; kind: PropertyKind; places: string[] }
>([
  [0x01, { name: 'payloadFormatIndicator', kind: 'flag', places: message }],
  [0x02, { name: 'messageExpiryInterval', kind: 'u32', places: message }],
  [0x03, { name: 'contentType', kind: 'text', places: message }],
  [0x08, { name: 'responseTopic', kind: 'text', places: message }],
  [0x09, { name: 'correlationData', kind: 'binary', places: message }],
  [0x0b, { name: 'subscriptionIdentifier', kind: 'identifier', places: ['publish', 'subscribe'] }],
  [0x11, { name: 'sessionExpiryInterval', kind: 'u32', places: ['connect', 'connack', 'disconnect'] }],
  [0x12, { name: 'assignedClientIdentifier', kind: 'text', places: ['connack'] }],
  [0x13, { name: 'serverKeepAlive', kind: 'u16', places: ['connack'] }],
  [0x15, { name: 'authenticationMethod', kind: 'text', places: authentication }],
  [0x16, { name: 'authenticationData', kind: 'binary', places: authentication }],
  [0x17, { name: 'requestProblemInformation', kind: 'flag', places: ['connect'] }],
  [0x18, { name: 'willDelayInterval', kind: 'u32', places: ['will'] }],
  [0x19, { name: 'requestResponseInformation', kind: 'flag', places: ['connect'] }],
  [0x1a, { name: 'responseInformation', kind: 'text', places: ['connack'] }],
  [0x1c, { name: 'serverReference', kind: 'text', places: ['connack', 'disconnect'] }],
  [0x1f, { name: 'reasonString', kind: 'text', places: answers }],
  [0x21, { name: 'receiveMaximum', kind: 'positive16', places: ['connect', 'connack'] }],
  [0x22, { name: 'topicAliasMaximum', kind: 'u16', places: ['connect', 'connack'] }],
  [0x23, { name: 'topicAlias', kind: 'alias', places: ['publish'] }],
  [0x24, { name: 'maximumQoS', kind: 'bit', places: ['connack'] }],
  [0x25, { name: 'retainAvailable', kind: 'flag', places: ['connack'] }],
  [0x27, { name: 'maximumPacketSize', kind: 'positive32', places: ['connect', 'connack'] }],
  [0x28, { name: 'wildcardSubscriptionAvailable', kind: 'flag', places: ['connack'] }],
  [0x29, { name: 'subscriptionIdentifiersAvailable', kind: 'flag', places: ['connack'] }],
  [0x2a, { name: 'sharedSubscriptionAvailable', kind: 'flag', places: ['connack'] }],
])
export const USER_PROPERTY = 0x26
/** Towards a client one PUBLISH may carry several. [MQTT-3.3.4-3] */
const SUBSCRIPTION_IDENTIFIER = 0x0b
/** Thousands of tiny properties cost more to keep than to send. */
const MAX_USER_PROPERTIES = 256

/** Reads the property length and all properties. Throws MalformedError. */
export function readProperties(reader: Reader, place: PropertyPlace): Properties {
  const part = reader.part(reader.varint())
  const properties: Properties = {}
  while (part.left > 0) readProperty(part, place, properties)
  return properties
}

function readProperty(part: Reader, place: PropertyPlace, properties: Properties): void {
  const id = part.varint()
  if (id === USER_PROPERTY) {
    properties.userProperties ??= []
    const pairs = properties.userProperties
    if (pairs.push([part.text(), part.text()]) > MAX_USER_PROPERTIES) throw problem('too many user properties')
    return
  }
  const known = PROPERTY_TABLE.get(id)
  if (known === undefined) throw new MalformedError('unknown property [MQTT-2.2.2]')
  if (!known.places.includes(place)) throw problem(`property ${known.name} in ${place}`)
  const several = id === SUBSCRIPTION_IDENTIFIER && place === 'publish'
  if (known.name in properties && !several) throw problem(`property ${known.name} twice`)
  const value = readValue(part, known.kind)
  const list = known.name === 'subscriptionIdentifier' ? [...(properties.subscriptionIdentifier ?? []), value] : value
  Object.assign(properties, { [known.name]: list })
}

function readValue(part: Reader, kind: PropertyKind): unknown {
  switch (kind) {
    case 'bit':
    case 'flag': {
      const value = part.u8()
      if (value > 1) throw problem('a boolean that is neither 0 nor 1')
      return kind === 'flag' ? value === 1 : value
    }
    case 'u16':
      return part.u16()
    case 'u32':
      return part.u32()
    case 'positive16':
      return positive(part.u16())
    case 'positive32':
      return positive(part.u32())
    case 'alias':
      return positive(part.u16(), Reason.TOPIC_ALIAS_INVALID) // [MQTT-3.3.2-8]
    case 'identifier':
      return positive(part.varint())
    case 'text':
      return part.text()
    case 'binary':
      return part.binary()
  }
}

function positive(value: number, reasonCode: number = Reason.PROTOCOL_ERROR): number {
  if (value === 0) throw new MalformedError('zero where it is not allowed', reasonCode)
  return value
}

const problem = (why: string): MalformedError => new MalformedError(why, Reason.PROTOCOL_ERROR)
