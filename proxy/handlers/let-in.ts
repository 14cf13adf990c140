/** @module Who was judged is let in or refused: recorded before the broker hears of it, then the twin is made. */
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import { dialBroker } from '../broker/dial.ts'
import type { Connection } from '../connection.ts'
import { brokerClientId } from '../identity/client-id.ts'
import type { LoginVerdict } from '../identity/verdict.ts'
import { encodePacket } from '../wire/encode.ts'
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts'
import type { Properties } from '../wire/properties.ts'
import { Reason } from '../wire/reason-codes.ts'

/** Lets a proven device in, or refuses. Called once CONNECT, or the AUTH that ends the exchange, has been judged. */
export async function finishConnect(connection: Connection, verdict: LoginVerdict): Promise<void> {
  if (verdict.outcome === 'refused') return refuseStranger(connection, verdict.reason)
  const { proof, outcome: _outcome, ...identity } = verdict
  connection.identity = identity
  const { chain, journal } = connection.context
  if (connection.connect?.will !== undefined)
    return refuseKnown(connection, DenialReason.WILL_UNSUPPORTED, Reason.NOT_AUTHORIZED)
  if (!chain.isFresh) return refuseKnown(connection, DenialReason.VIEW_STALE, Reason.SERVER_UNAVAILABLE)
  const allowed = { outcome: 'allowed', topicId: ZERO_BYTES32, grantId: 0 } as const
  try {
    const { seq } = await journal.record(connection.accessOf(Action.CONNECT, allowed, { proof }))
    connection.behind = seq
  } catch (error) {
    connection.log.error({ err: error }, 'CONNECT not recorded: refused') // no record, no access
    return refuseConnect(connection, Reason.SERVER_UNAVAILABLE)
  }
  if (connection.phase === 'closed') return
  await logInAtBroker(connection)
}

/** The proxy's own credentials, the wallet's client id, and nothing of what the device proved itself with. */
async function logInAtBroker(connection: Connection): Promise<void> {
  const { broker, limits } = connection.context
  connection.phase = 'dial'
  const connack = await dialAndConnect(connection).catch((error: unknown) => {
    connection.log.warn({ err: error, host: broker.host, port: broker.port }, 'broker unavailable')
    return undefined
  })
  if ((connection.phase as string) === 'closed') return
  if (connack === undefined || connack.reasonCode !== Reason.SUCCESS) {
    connection.context.counters.count('broker:refused')
    return refuseKnown(connection, DenialReason.BROKER_UNAVAILABLE, Reason.SERVER_UNAVAILABLE)
  }
  connection.phase = 'open'
  connection.accepted.admission.proved()
  connection.keepAlive = connack.properties.serverKeepAlive ?? connection.connect?.keepAlive ?? 0
  const properties = toDevice(connection, connack.properties, limits.maxPacketBytes)
  connection.reply(encodePacket({ ...connack, properties }, connection.version))
  connection.context.counters.count('connect:allowed')
}

async function dialAndConnect(connection: Connection): Promise<ConnackPacket> {
  const { broker, limits } = connection.context
  const socket = await dialBroker(broker, limits.connectTimeoutMs)
  if ((connection.phase as string) === 'closed') {
    socket.destroy()
    throw new Error('the device left meanwhile')
  }
  return new Promise((resolve, reject) => {
    connection.onConnack = resolve
    socket.once('close', () => reject(new Error('the broker closed the connection before CONNACK')))
    setTimeout(() => reject(new Error('the broker sent no CONNACK')), limits.connectTimeoutMs).unref()
    connection.attachBroker(socket)
    connection.toBroker(encodePacket(connectForBroker(connection), connection.version))
  })
}

function connectForBroker({ connect, identity, clientId, version, context }: Connection): ConnectPacket {
  if (connect === undefined || identity === undefined) throw new Error('no CONNECT, or nobody proven')
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, requestProblemInformation } = connect.properties
  const properties: Properties = {
    ...(sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval }),
    ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    ...(maximumPacketSize === undefined ? {} : { maximumPacketSize }),
    ...(requestProblemInformation === undefined ? {} : { requestProblemInformation }),
    // No Topic Alias Maximum: the broker must not alias what we decide by name.
  }
  const { userName, password } = context.broker
  return {
    cmd: 'connect',
    version,
    clientId: brokerClientId(identity.wallet, clientId),
    clean: connect.clean,
    keepAlive: connect.keepAlive,
    ...(userName === undefined ? {} : { userName }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    properties,
  }
}

/** The broker's limits, lowered where ours are lower; nothing that leads around the proxy. */
function toDevice(connection: Connection, given: Properties, maxPacketBytes: number): Properties {
  const {
    serverReference: _away,
    responseInformation: _answers,
    assignedClientIdentifier: _brokers,
    topicAliasMaximum: _aliases,
    authenticationMethod: _method,
    authenticationData: _data,
    ...properties
  } = given
  const method = connection.connect?.properties.authenticationMethod
  return {
    ...properties,
    maximumPacketSize: Math.min(given.maximumPacketSize ?? maxPacketBytes, maxPacketBytes),
    sharedSubscriptionAvailable: false,
    ...(connection.connect?.clientId === '' ? { assignedClientIdentifier: connection.clientId } : {}),
    ...(method === undefined ? {} : { authenticationMethod: method }),
  }
}

/** A failed login proves no identity, and is recorded without one; all look alike to the device but a malformed one. */
async function refuseStranger(connection: Connection, reason: DenialReason): Promise<void> {
  const { journal, counters } = connection.context
  counters.count(`connect:${enumName(DenialReason, reason)}`)
  const denied = { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 } as const
  const access = { ...connection.accessOf(Action.CONNECT, denied), account: ZERO_ADDRESS, network: connection.network }
  const { connectionId: _none, ...stranger } = access
  // Refused all the same when it cannot be recorded.
  await journal.window(stranger, { name: '', bytes: 0, qos: 0 }).durable.catch(() => counters.count('unrecorded'))
  refuseConnect(connection, REFUSALS[reason] ?? Reason.NOT_AUTHORIZED)
}

const REFUSALS: Partial<Record<DenialReason, number>> = {
  [DenialReason.CREDENTIAL_MALFORMED]: Reason.BAD_USER_NAME_OR_PASSWORD,
  [DenialReason.METHOD_UNSUPPORTED]: Reason.BAD_AUTHENTICATION_METHOD,
  [DenialReason.CLIENT_ID_INVALID]: Reason.CLIENT_IDENTIFIER_NOT_VALID,
}

async function refuseKnown(connection: Connection, reason: DenialReason, reasonCode: number): Promise<void> {
  const { journal, counters } = connection.context
  counters.count(`connect:${enumName(DenialReason, reason)}`)
  const denied = { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 } as const
  await journal.record(connection.accessOf(Action.CONNECT, denied)).catch(() => counters.count('unrecorded'))
  refuseConnect(connection, reasonCode)
}

/** [MQTT-3.2.2-7] */
export function refuseConnect(connection: Connection, reasonCode: number): void {
  if (connection.phase === 'closed') return
  const connack = { cmd: 'connack', sessionPresent: false, reasonCode, properties: {} } as const
  connection.device.write(encodePacket(connack, connection.version))
  connection.close()
}
