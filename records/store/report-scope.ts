/** @module What an erasure reaches of reports: files that carry what was erased, and what an account asked for. Pure. */
import type { AnyColumn, SQL } from 'drizzle-orm'
import { and, eq, inArray, lte, not, sql } from '../drizzle.ts'
import type { LegalHold, Scope } from './port.ts'
import { FINISHED } from './report-rows.ts'

/** The state stays: that it was made, and what became of it. */
export const FILE_GONE = { file: null, status: 'ERASED' } as const

interface ReportColumns {
  requester: AnyColumn
  requestedAt: AnyColumn
  status: AnyColumn
  reportHash: AnyColumn
  file: AnyColumn
}
interface Place {
  recorderId: AnyColumn
  seq: AnyColumn
}
interface Carried {
  reportEvidence: Place & { reportHash: AnyColumn }
  evidence: Place & { text: AnyColumn }
}

/** Returns the condition that a note is of that evidence. */
export const isCarried = (noted: Place, evidence: Place): SQL =>
  and(eq(noted.recorderId, evidence.recorderId), eq(noted.seq, evidence.seq)) as SQL

/** Returns the condition of reports whose file still says what was erased from the store. */
export function carriesErased(reports: ReportColumns, { reportEvidence: noted, evidence }: Carried): SQL {
  return sql`${reports.file} is not null and exists (
    select 1 from ${noted} join ${evidence} on ${isCarried(noted, evidence)}
    where ${noted.reportHash} = ${reports.reportHash} and ${evidence.text} is null)`
}

/** Returns the condition of finished reports that the account asked for, or that came of age; undefined where the scope is a topic's. */
export function forgettable(
  reports: ReportColumns,
  { account, topicIds, before, endedBy = before }: Scope,
  holds: readonly LegalHold[],
): SQL | undefined {
  if (topicIds !== undefined) return undefined
  const held = holds.flatMap((hold) => (hold.liftedAt === undefined && hold.account !== undefined ? hold.account : []))
  const until = Math.min(before, endedBy)
  const conditions = [lte(reports.requestedAt, until * 1_000 + 999), inArray(reports.status, FINISHED)]
  if (account !== undefined) conditions.push(eq(reports.requester, account))
  if (held.length > 0) conditions.push(not(inArray(reports.requester, held)))
  return and(...conditions)
}
