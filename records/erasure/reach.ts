/** @module What an erasure reaches, asked of one record: the same answer as records/store/scope.ts gives in SQL. Pure. */
import type { Erasure, EvidenceSubject, LegalHold, Scope } from '../store/port.ts'

/** True when the subject's evidence is in scope and under no standing hold. */
export function reaches(scope: Scope, holds: readonly LegalHold[], subject: EvidenceSubject): boolean {
  const { account, topicIds, before, endedBy = Number.POSITIVE_INFINITY } = scope
  if (subject.firstAt > before || subject.lastAt > endedBy) return false
  if (account !== undefined && subject.account !== account) return false
  if (topicIds !== undefined && !topicIds.includes(subject.topicId)) return false
  return !holds.some((hold) => hold.liftedAt === undefined && isHeld(hold, subject))
}

const isHeld = ({ account, topicId }: LegalHold, subject: EvidenceSubject): boolean =>
  (account === undefined || account === subject.account) && (topicId === undefined || topicId === subject.topicId)

/** Nothing younger than the minimum retention is erased before its time (Art. 17(3)(b), (e)): the order waits for it. */
export const matured = <T extends Scope & Partial<Pick<Erasure, 'ground'>>>(scope: T, latest: number): T => ({
  ...scope,
  endedBy: Math.min(endOf(scope), latest),
})

/** Orders of an older version say of the retention only until when. */
const endOf = ({ ground, before, endedBy }: Scope & Partial<Pick<Erasure, 'ground'>>): number =>
  endedBy ?? (ground === 'retention' ? before : Number.POSITIVE_INFINITY)
