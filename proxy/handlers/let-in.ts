/** @module Who was judged is let in or refused: recorded before the broker hears of it, then the twin is made. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason } from '../../domain/enums.ts'
import { dialBroker } from '../broker/dial.ts'
import type { Connection } from '../connection.ts'
import { brokerClientId } from '../identity/client-id.ts'
import type { LoginVerdict } from '../identity/verdict.ts'
import { encodePacket } from '../wire/encode.ts'
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts'
import type { Properties } from '../wire/properties.ts'
import { Reason } from '../wire/reason-codes.ts'
import { refuseConnect, refuseKnown, refuseStranger } from './refuse-connect.ts'
import { keepUnderReview, presentFlaw } from './review.ts'

/** Lets a proven device in, or refuses. Called once CONNECT, or the AUTH that ends the exchange, has been judged. */
export async function finishConnect(connection: Connection, verdict: LoginVerdict): Promise<void> {
  if (verdict.outcome === 'refused') return refuseStranger(connection, verdict.reason)
  const { proof, identity } = verdict
  const { chain, journal } = connection.context
  connection.identity = identity
  const flaw = presentFlaw(connection)
  if (flaw !== undefined) return refuseFlawed(connection, flaw)
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

/** A suspended wallet proved itself. Whoever holds a revoked credential or key may be anybody: recorded as a stranger. */
function refuseFlawed(connection: Connection, flaw: DenialReason): Promise<void> {
  if (flaw === DenialReason.WALLET_SUSPENDED) return refuseKnown(connection, flaw, Reason.NOT_AUTHORIZED)
  connection.identity = undefined
  return refuseStranger(connection, flaw)
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
  const flaw = presentFlaw(connection) // a block came in meanwhile
  if (flaw !== undefined) return refuseFlawed(connection, flaw)
  connection.phase = 'open'
  connection.accepted.admission.proved()
  keepUnderReview(connection)
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
