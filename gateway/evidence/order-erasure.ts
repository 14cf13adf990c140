/**
 * @module An erasure that somebody signed in orders. Each costs the operator a record, and every recorder its open windows
 * and a pass over its store; keys cost nothing. So nothing is ordered where there is nothing to erase, nor the same twice
 * within minutes.
 */
import type { ErasureCertificate, ErasureOrder } from '../../records/erasure/order.ts'
import { scopeOf } from '../../records/erasure/order.ts'
import type { Erasure, Scope } from '../../records/store/port.ts'
import { refuse } from '../errors.ts'
import type { GatewayRecorder } from '../recorder/port.ts'

const AGAIN_SECONDS = 10 * 60

/** Returns the certificate of this order, or of the one that stands for it. Throws NOTHING_TO_ERASE; rejects RecordsError. */
export async function orderErasure(
  recorder: Pick<GatewayRecorder, 'erase' | 'certify' | 'store'>,
  order: ErasureOrder,
): Promise<ErasureCertificate> {
  const now = Math.floor(Date.now() / 1_000)
  const scope = scopeOf(order, now)
  const standing = (await recorder.store.erasures()).findLast((erasure) => isSame(erasure, scope))
  const isRecent = standing !== undefined && standing.requestedAt > now - AGAIN_SECONDS
  if (!isRecent && (await isAnythingLeft(recorder, scope, order.purposes ?? []))) return recorder.erase(order)
  if (standing !== undefined) return recorder.certify(standing)
  refuse(
    'NOTHING_TO_ERASE',
    'The evidence store has nothing of it. What is being recorded arrives there with its batch: ask again in some minutes.',
  )
}

async function isAnythingLeft(
  { store }: Pick<GatewayRecorder, 'store'>,
  scope: Scope,
  purposes: readonly `0x${string}`[],
): Promise<boolean> {
  if ((await store.countOpen(scope)) > 0) return true
  const { account } = scope
  if (account !== undefined && (await store.reportsOf(account, { first: 1 })).length > 0) return true
  for (const key of purposes) if ((await store.purpose(key))?.text !== undefined) return true
  return false
}

const isSame = ({ ground, account, topicIds }: Erasure, asked: Scope): boolean =>
  ground !== 'retention' && account === asked.account && keyOf(topicIds) === keyOf(asked.topicIds)

const keyOf = (topicIds: readonly string[] | undefined): string | undefined =>
  topicIds && [...topicIds].sort().join(' ')
