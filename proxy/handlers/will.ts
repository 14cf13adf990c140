/**
 * @module The Will: decided at CONNECT and again when it would fire, by the publish right on its topic. The broker
 * publishes it without asking, so it is committed as announced before the broker hears of it, never delayed there, and
 * called off by a clean DISCONNECT when its right is gone. Receivers are decided at delivery like any other message.
 */
import type { Decision } from '../../domain/authorize.ts'
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { Access, AnnouncedAccess } from '../../records/port.ts'
import { accessOf } from '../connection/access-of.ts'
import type { PendingWill } from '../connection/parts.ts'
import type { Connection } from '../connection.ts'
import type { Will } from '../wire/packets.ts'
import { isTooLong, judgeName, MAX_NAME_BYTES } from './decide.ts'

/** Decides the Will by the views of this moment: it may come long after the packet that brought it. */
export function decideWill(connection: Connection, { topicName, properties }: Will): Decision {
  const { turn, chain } = connection.context
  turn.begin(chain)
  const decision = judgeName(connection, 'publish', topicName)
  if (isTooLong(topicName)) return refusedFor(decision, DenialReason.TOPIC_NAME_INVALID)
  if (decision.outcome === 'denied' || properties.responseTopic === undefined) return decision
  // It asks somebody else to publish under his own rights: only where the sender could read it anyway.
  const mayRead = judgeName(connection, 'deliver', properties.responseTopic).outcome === 'allowed'
  return mayRead ? decision : refusedFor(decision, DenialReason.RESPONSE_TOPIC_UNSUPPORTED)
}

const refusedFor = ({ topicId }: Decision, reason: DenialReason): Decision => {
  return { outcome: 'denied', reason, topicId, grantId: 0 }
}

/** Commits the Will that CONNECT carries. Rejects RecordsError: no record, no access. */
export async function announceWill(connection: Connection, will: Will, decision: Decision): Promise<void> {
  const access = accessOf(connection, Action.WILL, decision)
  const use = { name: will.topicName, bytes: will.payload.length, qos: will.qos }
  const announced = await connection.context.journal.announce(access, use)
  connection.will = new LastWill(connection, will, announced)
  if (connection.phase === 'closed') connection.will.settle('dropped') // nobody else will
}

/** A Will without its right refuses the CONNECT: both are recorded. */
export function recordDeniedWill(connection: Connection, will: Will, decision: Decision): void {
  const { journal, counters } = connection.context
  if (decision.outcome === 'denied') counters.count(`will:${enumName(DenialReason, decision.reason)}`)
  const qos: [number, number, number] = [0, 0, 0]
  qos[will.qos] = 1
  const names = [{ name: will.topicName.slice(0, MAX_NAME_BYTES), count: 1 }]
  const evidence: Access['evidence'] = { names, bytes: will.payload.length, qos }
  const access = accessOf(connection, Action.WILL, decision, evidence)
  journal.record(access).catch(() => counters.count('unrecorded'))
}

/** Without delay: hours later nobody would be there to decide it again. */
export function willForBroker(will: Will): Will {
  const { willDelayInterval: _never, ...properties } = will.properties
  return { ...will, properties }
}

class LastWill implements PendingWill {
  readonly #connection: Connection
  readonly #will: Will
  readonly #announced: AnnouncedAccess

  constructor(connection: Connection, will: Will, announced: AnnouncedAccess) {
    this.#connection = connection
    this.#will = will
    this.#announced = announced
  }

  /** Decides it again. False: the broker must be told to drop it, and the denial is recorded. */
  mayFire(): boolean {
    const decision = decideWill(this.#connection, this.#will)
    if (decision.outcome === 'denied') recordDeniedWill(this.#connection, this.#will, decision)
    return decision.outcome === 'allowed'
  }

  /** Only the first word counts. */
  settle(how: 'happened' | 'unknown' | 'dropped'): void {
    const { behind } = this.#connection
    this.#announced.settle(how, behind === 0 ? {} : { behind })
  }
}
