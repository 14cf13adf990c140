/** @module The decision on one filter of a SUBSCRIBE, by the views of this moment. */
import { authorizeConfirmed, type Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { isShared } from '../../domain/topic-filter.ts'
import type { Connection } from '../connection.ts'
import { isTooLong } from './decide.ts'

/** `at`: Unix seconds. */
export function decideFilter(connection: Connection, topicFilter: string, at: number): Decision {
  const { context, identity, broker } = connection
  if (identity === undefined) throw new Error('a packet of nobody')
  if (!context.chain.isFresh) return denied(DenialReason.VIEW_STALE)
  // A broker that has none would end the connection over it. [MQTT-3.2.2-15]
  if (isShared(topicFilter) && broker?.says.sharedSubscriptionAvailable === false) {
    return denied(DenialReason.SHARED_SUBSCRIPTION_UNSUPPORTED)
  }
  if (isTooLong(topicFilter) || context.brokers.mayMistake(topicFilter))
    return denied(DenialReason.TOPIC_FILTER_INVALID)
  return authorizeConfirmed({ kind: 'subscribe', account: identity.wallet, topicFilter }, context.chain.views, at)
}

const denied = (reason: DenialReason): Decision => ({ outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 })
