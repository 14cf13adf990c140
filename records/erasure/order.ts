/** @module What is asked of an erasure, and what its certificate says (GDPR Art. 17, 12(3), 19). */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { Erasure, Scope } from '../store/port.ts'

/** Who asks decides what is reached: the subject's own evidence, a topic's, or what is too old. */
export type ErasureOrder =
  | { ground: 'subject'; account: Address; purposes?: readonly Bytes32[] }
  | { ground: 'topic-owner'; topicIds: readonly Bytes32[]; purposes?: readonly Bytes32[] }
  | { ground: 'retention'; before: number; purposes?: readonly Bytes32[] }

export interface ErasureCertificate {
  erasure: Erasure
  /** Records in scope that still have their evidence, and purposes: under a legal hold, or younger than the minimum retention. */
  left: number
  /** Recorders that have no copy any more, with when they said so (Unix seconds). */
  acknowledged: { recorderId: number; at: number }[]
  /** Issued reports that still carry it. */
  reports: string[]
}

/** PENDING until every active recorder acknowledged and nothing is left. */
export function statusOf(certificate: ErasureCertificate, active: readonly number[]): 'PENDING' | 'COMPLETE' {
  const done = new Set(certificate.acknowledged.map(({ recorderId }) => recorderId))
  return certificate.left === 0 && active.every((id) => done.has(id)) ? 'COMPLETE' : 'PENDING'
}

/** What began up to `now`; what begins later is another matter. The retention is counted from the end. */
export function scopeOf(order: ErasureOrder, now: number): Scope {
  switch (order.ground) {
    case 'subject':
      return { account: order.account, before: now }
    case 'topic-owner':
      return { topicIds: order.topicIds, before: now }
    case 'retention':
      return { before: order.before, endedBy: order.before }
  }
}
