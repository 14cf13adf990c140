/**
 * @module One decision on one topic name with its window, cached for as long as nothing can have changed: the view's
 * epoch, the second (grants end by the clock), the window.
 */

import { authorizeConfirmed, type Decision } from '../../domain/authorize.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { type Action, DenialReason } from '../../domain/enums.ts'
import type { AccessWindow, Use } from '../../records/port.ts'
import type { CachedDecision, Connection } from '../connection.ts'
import type { Malformed } from '../wire/frame.ts'
import { type Publish, readTopicName } from '../wire/inspect-publish.ts'

/** Topic floods must not grow memory: beyond this the cache begins anew. */
const MAX_CACHED = 256

export interface NameDecision {
  cache: Map<string, CachedDecision>
  kind: 'publish' | 'deliver'
  action: Action
}

/** Returns the decision on this packet's name, or what is wrong with the name. */
export function decideName(
  connection: Connection,
  publish: Publish,
  { cache, kind }: NameDecision,
): CachedDecision | Malformed {
  const key = publish.topicNameBytes.toString('latin1')
  const { chain } = connection.context
  const second = Math.floor(Date.now() / 1_000)
  const cached = cache.get(key)
  if (cached !== undefined && cached.epoch === chain.epoch && cached.second === second && chain.isFresh) return cached
  const topicName = cached?.topicName ?? readTopicName(publish.topicNameBytes)
  if (typeof topicName !== 'string') return topicName
  const decision = judge(connection, kind, topicName, second)
  // The same decision goes on in the same window.
  const window = cached !== undefined && sameDecision(cached.decision, decision) ? cached.window : undefined
  const fresh = { topicName, epoch: chain.epoch, second, decision, window }
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, fresh)
  return fresh
}

/** Counts this use in the decision's window. The window may not be durable yet: no packet moves before it is. */
export function countUse(
  connection: Connection,
  decided: CachedDecision,
  publish: Publish,
  action: Action,
): AccessWindow {
  const use: Use = { name: decided.topicName, bytes: publish.payloadBytes, qos: publish.qos }
  if (decided.window?.add(use) === true) return decided.window
  decided.window = connection.context.journal.window(connection.accessOf(action, decided.decision), use)
  return decided.window
}

function judge(connection: Connection, kind: 'publish' | 'deliver', topicName: string, now: number): Decision {
  const { chain } = connection.context
  const account = connection.identity?.wallet
  if (account === undefined) throw new Error('a packet of nobody')
  if (!chain.isFresh) return { outcome: 'denied', reason: DenialReason.VIEW_STALE, topicId: ZERO_BYTES32, grantId: 0 }
  return authorizeConfirmed({ kind, account, topicName, country: connection.place.country }, chain.views, now)
}

const sameDecision = (a: Decision, b: Decision): boolean =>
  a.outcome === b.outcome &&
  a.topicId === b.topicId &&
  a.grantId === b.grantId &&
  (a.outcome === 'allowed' || b.outcome === 'allowed' || a.reason === b.reason)
