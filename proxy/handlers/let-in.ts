/** @module Who was judged is let in or refused: recorded before the broker hears of it, then the twin is made. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason } from '../../domain/enums.ts'
import { leaveBroker } from '../broker/greet.ts'
import { logInTwin } from '../broker/log-in.ts'
import type { BrokerTarget } from '../broker/target.ts'
import type { Connection } from '../connection.ts'
import { brokerClientId } from '../identity/client-id.ts'
import type { LoginVerdict } from '../identity/verdict.ts'
import { MAX_TOPIC_ALIASES } from '../topic-aliases.ts'
import { encodePacket } from '../wire/encode.ts'
import type { ConnectPacket } from '../wire/packets.ts'
import type { Properties } from '../wire/properties.ts'
import { Reason } from '../wire/reason-codes.ts'
import { refuseConnect, refuseKnown, refuseStranger } from './refuse-connect.ts'
import { keepUnderReview, presentFlaw } from './review.ts'
import { somebodyOf } from './somebody.ts'
import { announceWill, decideWill, recordDeniedWill, willForBroker } from './will.ts'

/** Lets a proven device in, or refuses. Called once CONNECT, or the AUTH that ends the exchange, has been judged. */
export async function finishConnect(connection: Connection, verdict: LoginVerdict): Promise<void> {
  const { abuse } = connection.context.guard
  if (verdict.outcome === 'refused') {
    abuse.failed(somebodyOf(connection))
    return refuseStranger(connection, verdict.reason)
  }
  const { proof, identity } = verdict
  connection.identity = identity
  const flaw = presentFlaw(connection)
  if (flaw !== undefined) return refuseFlawed(connection, flaw)
  abuse.proved({ ...somebodyOf(connection), wallet: identity.wallet })
  if (!connection.context.chain.isFresh) {
    return refuseKnown(connection, DenialReason.VIEW_STALE, Reason.SERVER_UNAVAILABLE)
  }
  const will = connection.connect?.will
  const decision = will && decideWill(connection, will)
  if (will !== undefined && decision?.outcome === 'denied') {
    recordDeniedWill(connection, will, decision)
    return refuseKnown(connection, decision.reason, Reason.NOT_AUTHORIZED)
  }
  const allowed = { outcome: 'allowed', topicId: ZERO_BYTES32, grantId: 0 } as const
  try {
    // One commit for both.
    const [{ seq }] = await Promise.all([
      connection.context.journal.record(connection.accessOf(Action.CONNECT, allowed, { proof })),
      will && decision && announceWill(connection, will, decision),
    ])
    connection.behind = seq
  } catch (error) {
    connection.log.error({ err: error }, 'CONNECT not recorded: refused') // no record, no access
    return refuseConnect(connection, Reason.SERVER_UNAVAILABLE)
  }
  if (connection.phase === 'closed') return
  await logInAtBroker(connection)
}

/** A suspended or banned wallet proved itself. Whoever holds a revoked credential or key may be anybody: recorded as a stranger. */
function refuseFlawed(connection: Connection, flaw: DenialReason): Promise<void> {
  if (flaw === DenialReason.WALLET_SUSPENDED) return refuseKnown(connection, flaw, Reason.NOT_AUTHORIZED)
  if (flaw === DenialReason.BANNED) return refuseKnown(connection, flaw, Reason.BANNED)
  connection.identity = undefined
  return refuseStranger(connection, flaw)
}

/** The proxy's own credentials, the wallet's client id, and nothing of what the device proved itself with. */
async function logInAtBroker(connection: Connection): Promise<void> {
  const { brokers, sessions, counters, limits } = connection.context
  const { version } = connection
  connection.deviceSays(connection.connect?.properties ?? {})
  const clientId = clientIdAtBroker(connection)
  connection.phase = 'dial'
  const withdraw = sessions.challenge(clientId)
  const answer = await logInTwin({
    pool: brokers,
    version,
    clientId,
    connectFor: (target) => connectForBroker(connection, target),
    timeoutMs: limits.connectTimeoutMs,
    isWanted: () => connection.phase === 'dial',
    log: connection.log,
  })
  if (answer.kind !== 'accepted') withdraw()
  if ((connection.phase as string) === 'closed') return
  if (answer.kind !== 'accepted') {
    counters.count('broker:refused')
    const reasonCode = answer.kind === 'refused' ? answer.reasonCode : Reason.SERVER_UNAVAILABLE
    return refuseKnown(connection, DenialReason.BROKER_UNAVAILABLE, reasonCode)
  }
  const { connack, socket } = answer
  const flaw = presentFlaw(connection) // a block came in meanwhile
  if (flaw !== undefined) {
    withdraw()
    leaveBroker(socket, version)
    return refuseFlawed(connection, flaw)
  }
  connection.brokerSays(connack.properties)
  connection.onEnd.push(sessions.take(clientId, connection))
  connection.attachBroker(socket)
  connection.phase = 'open'
  connection.accepted.admission.proved()
  keepUnderReview(connection)
  connection.keepAlive = connack.properties.serverKeepAlive ?? connection.connect?.keepAlive ?? 0
  const properties = toDevice(connection, connack.properties, limits.maxPacketBytes)
  connection.reply(encodePacket({ ...connack, properties }, version))
  counters.count('connect:allowed')
}

function clientIdAtBroker({ identity, clientId }: Connection): string {
  if (identity === undefined) throw new Error('nobody proven')
  return brokerClientId(identity.wallet, clientId)
}

function connectForBroker(connection: Connection, { userName, password }: BrokerTarget): ConnectPacket {
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
function toDevice(connection: Connection, given: Properties, maxPacketBytes: number): Properties {
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
