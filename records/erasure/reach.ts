/** @module What an erasure reaches, asked of one record: the same answer as records/store/scope.ts gives in SQL. Pure. */
import type { EvidenceSubject, LegalHold, Scope } from '../store/port.ts'

/** True when the subject's evidence is in scope and under no standing hold. */
export function reaches(scope: Scope, holds: readonly LegalHold[], subject: EvidenceSubject): boolean {
  const { account, topicIds, before } = scope
  if (subject.lastAt > before) return false
  if (account !== undefined && subject.account !== account) return false
  if (topicIds !== undefined && !topicIds.includes(subject.topicId)) return false
  return !holds.some((hold) => hold.liftedAt === undefined && isHeld(hold, subject))
}

const isHeld = ({ account, topicId }: LegalHold, subject: EvidenceSubject): boolean =>
  (account === undefined || account === subject.account) && (topicId === undefined || topicId === subject.topicId)

/** Nothing younger than the minimum retention is erased before its time (Art. 17(3)(b), (e)): the order waits for it. */
export const matured = <T extends Scope>(scope: T, latest: number): T => ({
  ...scope,
  before: Math.min(scope.before, latest),
})
