/**
 * @module A live connection looked at again: after a block that concerns it, when its time is over, before it opens.
 * What its identity rests on may have gone meanwhile, and a silent subscriber sends nothing that would be decided.
 */
import { DenialReason } from '../../domain/enums.ts'
import { clock } from '../clock.ts'
import type { Connection } from '../connection.ts'
import { endOfIdentity, flawOfIdentity } from '../identity/standing.ts'
import { Reason } from '../wire/reason-codes.ts'
import { reviewGroups } from './share.ts'
import { somebodyOf } from './somebody.ts'

/** From now on every change of the chain that concerns the connection is brought before it. */
export function keepUnderReview(connection: Connection): void {
  const { identity, context } = connection
  if (identity === undefined) throw new Error('a connection of nobody')
  const review = (): void => reviewConnection(connection)
  connection.review = review
  connection.onEnd.push(() => context.live.remove(identity.wallet, review))
  context.live.add(identity.wallet, review)
  setEnd(connection)
}

/** Ends the connection when its identity no longer counts, and shared subscriptions that are no longer covered. */
export function reviewConnection(connection: Connection): void {
  const flaw = presentFlaw(connection)
  if (flaw === undefined) {
    setEnd(connection)
    return reviewGroups(connection)
  }
  connection.cut(flaw, CODES[flaw] ?? Reason.NOT_AUTHORIZED)
}

export function presentFlaw(connection: Connection): DenialReason | undefined {
  const { identity, context } = connection
  if (identity === undefined) throw new Error('a connection of nobody')
  const flaw = flawOfIdentity(identity, context.chain.views, clock.seconds())
  return flaw ?? context.guard.abuse.walletFlaw(somebodyOf(connection))
}

/** What the device is told, one code a cause; all that was taken away is "not authorized". */
const CODES: Partial<Record<DenialReason, number>> = {
  [DenialReason.CREDENTIAL_EXPIRED]: Reason.MAXIMUM_CONNECT_TIME,
  [DenialReason.DEVICE_KEY_EXPIRED]: Reason.MAXIMUM_CONNECT_TIME,
  [DenialReason.WALLET_SUSPENDED]: Reason.ADMINISTRATIVE_ACTION,
  [DenialReason.BANNED]: Reason.ADMINISTRATIVE_ACTION, // 0x8A is for CONNACK alone
}

function setEnd(connection: Connection): void {
  const { identity, context } = connection
  if (identity !== undefined) connection.endsAt = endOfIdentity(identity, context.chain.views)
}
