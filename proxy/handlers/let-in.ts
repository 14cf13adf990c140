/** @module Who was judged is let in or refused: recorded before the broker hears of it, then the twin is made. */
import type { Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason } from '../../domain/enums.ts'
import { DialAhead } from '../broker/dial-ahead.ts'
import { leaveBroker } from '../broker/greet.ts'
import { logInTwin, type TwinAnswer } from '../broker/log-in.ts'
import { accessOf } from '../connection/access-of.ts'
import type { Connection } from '../connection.ts'
import type { LoginVerdict } from '../identity/verdict.ts'
import { receiptsFor } from '../receipts.ts'
import { encodePacket } from '../wire/encode.ts'
import type { Will } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { clientIdAtBroker, connackForDevice, connectForBroker } from './introduce.ts'
import { refuseConnect, refuseKnown, refuseStranger } from './refuse-connect.ts'
import { resumeReleases } from './release.ts'
import { keepUnderReview, presentFlaw } from './review.ts'
import { resumeGroups, reviewGroups } from './share.ts'
import { somebodyOf } from './somebody.ts'
import { announceWill, decideWill, recordDeniedWill } from './will.ts'

/** Lets a proven device in, or refuses. Called once CONNECT, or the AUTH that ends the exchange, has been judged. */
export async function finishConnect(connection: Connection, verdict: LoginVerdict): Promise<void> {
  const { abuse } = connection.context.guard
  if (verdict.outcome === 'refused') {
    abuse.failed(somebodyOf(connection))
    return refuseStranger(connection, verdict.reason)
  }
  const { proof, identity } = verdict
  connection.identity = identity
  connection.receipts = receiptsFor(connection.connect, identity.wallet, connection.context)
  const flaw = presentFlaw(connection)
  if (flaw !== undefined) return refuseFlawed(connection, flaw)
  if (connection.context.newcomers.mustWait(identity.wallet, connection.network)) return refuseCrowded(connection)
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
  const unavailable = connection.context.journal.unavailable()
  if (unavailable !== undefined) return refuseUnrecorded(connection, unavailable)
  const recording = record(connection, proof, will && decision && { will, decision })
  const ahead = dialAhead(connection)
  try {
    if ((await recording) && connection.phase !== 'closed') await logInAtBroker(connection, ahead)
  } finally {
    ahead.leave()
  }
}

/** Whoever can do nothing here comes in as there is room. */
function refuseCrowded(connection: Connection): Promise<void> {
  connection.context.counters.count('newcomer:refused')
  connection.identity = undefined
  connection.receipts = undefined
  return refuseStranger(connection, DenialReason.RATE_EXCEEDED)
}

type Proof = Extract<LoginVerdict, { outcome: 'proved' }>['proof']

interface Announced {
  will: Will
  decision: Decision
}

/** One commit for both. False: no record, no access; the device was told. */
async function record(connection: Connection, proof: Proof, announced: Announced | undefined): Promise<boolean> {
  const allowed = { outcome: 'allowed', topicId: ZERO_BYTES32, grantId: 0 } as const
  try {
    const [{ seq }] = await Promise.all([
      connection.context.journal.record(accessOf(connection, Action.CONNECT, allowed, { proof })),
      announced && announceWill(connection, announced.will, announced.decision),
    ])
    connection.behind = seq
    return true
  } catch (error) {
    refuseUnrecorded(connection, error)
    return false
  }
}

function refuseUnrecorded(connection: Connection, cause: unknown): void {
  connection.log.error({ cause }, 'CONNECT not recorded: refused')
  connection.context.counters.count('connect:unrecorded')
  refuseConnect(connection, Reason.SERVER_UNAVAILABLE)
}

/** Only for who has proven himself, and knows nothing of him: a connection on which nothing is said yet. */
function dialAhead(connection: Connection): DialAhead {
  const { brokers: pool, limits } = connection.context
  const { version } = connection
  return new DialAhead({ pool, version, clientId: clientIdAtBroker(connection), timeoutMs: limits.connectTimeoutMs })
}

/** A suspended or banned wallet proved itself. Whoever holds a revoked credential or key may be anybody: recorded as a stranger. */
function refuseFlawed(connection: Connection, flaw: DenialReason): Promise<void> {
  if (flaw === DenialReason.WALLET_SUSPENDED) return refuseKnown(connection, flaw, Reason.NOT_AUTHORIZED)
  if (flaw === DenialReason.BANNED) return refuseKnown(connection, flaw, Reason.BANNED)
  connection.identity = undefined
  return refuseStranger(connection, flaw)
}

/**
 * After all that is said about the session already: a Will that is to be dropped would fire if the broker met the newcomer
 * first, and of two that ask at once broker and proxy might each keep another one, so that both end. [MQTT-3.1.4-3]
 */
async function logInAtBroker(connection: Connection, ahead: DialAhead): Promise<void> {
  const { sessions } = connection.context
  const clientId = clientIdAtBroker(connection)
  connection.phase = 'dial'
  for (let before = sessions.left(clientId); before !== undefined; before = sessions.left(clientId)) await before
  const asking = askBroker(connection, ahead)
  sessions.leave(
    clientId,
    asking.catch(() => {}),
  )
  await asking
}

async function askBroker(connection: Connection, ahead: DialAhead): Promise<void> {
  const { brokers, sessions, counters, limits } = connection.context
  const { version, receipts, behind } = connection
  const clientId = clientIdAtBroker(connection)
  const withdraw = sessions.challenge(clientId)
  const signing = receipts?.takeForConnack() === true ? receipts.of(behind) : undefined
  const loggingIn = logInTwin({
    pool: brokers,
    version,
    clientId,
    dial: ahead.dial,
    connectFor: (target) => connectForBroker(connection, target),
    timeoutMs: limits.connectTimeoutMs,
    isWanted: () => connection.phase === 'dial',
    onLeft: (heard) => connection.left.push(heard),
    log: connection.log,
  })
  const [answer, receipt] = await Promise.all([loggingIn, signing])
  const isGone = (connection.phase as string) === 'closed'
  const flaw = isGone ? undefined : presentFlaw(connection) // a block came in meanwhile
  if (answer.kind === 'accepted' && !isGone && flaw === undefined) return enterService(connection, answer, receipt)
  withdraw()
  if (answer.kind === 'accepted') connection.left.push(leaveBroker(answer.socket, version))
  connection.dropWill()
  if (isGone) return
  if (flaw !== undefined) return refuseFlawed(connection, flaw)
  counters.count('broker:refused')
  const reasonCode = answer.kind === 'refused' ? answer.reasonCode : Reason.SERVER_UNAVAILABLE
  return refuseKnown(connection, DenialReason.BROKER_UNAVAILABLE, reasonCode)
}

type Accepted = Extract<TwinAnswer, { kind: 'accepted' }>

function enterService(
  connection: Connection,
  { connack, socket, broker }: Accepted,
  receipt: string | undefined,
): void {
  const { sessions, counters } = connection.context
  const clientId = clientIdAtBroker(connection)
  connection.onEnd.push(sessions.take(clientId, connection), () => {
    if (connection.left.length > 0) sessions.leave(clientId, Promise.all(connection.left))
  })
  connection.attachBroker(socket, connack.properties)
  connection.phase = 'open'
  connection.accepted.admission.proved()
  keepUnderReview(connection)
  connection.keepAlive = connack.properties.serverKeepAlive ?? connection.connect?.keepAlive ?? 0
  resumeGroups(connection, { broker, clientId }, connack.sessionPresent)
  resumeReleases(connection, { broker, clientId }, connack.sessionPresent)
  const packet = connackForDevice(connection, connack)
  const bytes = connection.receipts?.attachToConnack(packet, receipt)
  connection.reply(bytes ?? encodePacket(packet, connection.version))
  counters.count('connect:allowed')
  if (connection.shared.size > 0) reviewGroups(connection)
}
