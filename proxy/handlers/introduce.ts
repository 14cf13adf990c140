/** @module CONNECT toward the broker and CONNACK toward the device: what of the one's words reaches the other. */
import type { BrokerTarget } from '../broker/target.ts'
import type { Connection } from '../connection.ts'
import { brokerClientId } from '../identity/client-id.ts'
import { MAX_TOPIC_ALIASES } from '../topic-aliases.ts'
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts'
import type { Properties } from '../wire/properties.ts'
import { willForBroker } from './will.ts'

/** As the brokers know the device: no wallet can take over another's session. */
export function clientIdAtBroker({ identity, clientId }: Connection): string {
  if (identity === undefined) throw new Error('nobody proven')
  return brokerClientId(identity.wallet, clientId)
}

/** The proxy's own credentials, the wallet's client id, and nothing of what the device proved itself with. */
export function connectForBroker(connection: Connection, { userName, password }: BrokerTarget): ConnectPacket {
  const { connect, version } = connection
  if (connect === undefined) throw new Error('no CONNECT')
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, requestProblemInformation } = connect.properties
  const properties: Properties = {
    ...(sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval }),
    ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    ...(maximumPacketSize === undefined ? {} : { maximumPacketSize }),
    ...(requestProblemInformation === undefined ? {} : { requestProblemInformation }),
    ...(connection.deviceTakes.topicAliasMaximum === 0
      ? {}
      : { topicAliasMaximum: connection.deviceTakes.topicAliasMaximum }),
  }
  return {
    cmd: 'connect',
    version,
    clientId: clientIdAtBroker(connection),
    clean: connect.clean,
    keepAlive: connect.keepAlive,
    ...(connect.will === undefined ? {} : { will: willForBroker(connect.will) }),
    ...(userName === undefined ? {} : { userName }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    properties,
  }
}

/** The broker's limits, lowered where ours are lower; nothing that leads around the proxy. */
export function connackForDevice(connection: Connection, connack: ConnackPacket): ConnackPacket {
  return { ...connack, properties: propertiesForDevice(connection, connack.properties) }
}

function propertiesForDevice(connection: Connection, given: Properties): Properties {
  const { maxPacketBytes } = connection.context.limits
  const {
    serverReference: _away,
    responseInformation: _answers,
    assignedClientIdentifier: _brokers,
    authenticationMethod: _method,
    authenticationData: _data,
    ...properties
  } = given
  const method = connection.connect?.properties.authenticationMethod
  return {
    ...properties,
    maximumPacketSize: Math.min(given.maximumPacketSize ?? maxPacketBytes, maxPacketBytes),
    ...(given.topicAliasMaximum === undefined
      ? {}
      : { topicAliasMaximum: Math.min(given.topicAliasMaximum, MAX_TOPIC_ALIASES) }),
    ...(connection.connect?.clientId === '' ? { assignedClientIdentifier: connection.clientId } : {}),
    ...(method === undefined ? {} : { authenticationMethod: method }),
  }
}
