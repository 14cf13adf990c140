/** @module Rows of the table of reports, alike in both databases. Pure. */
import type { AnyColumn, SQL } from 'drizzle-orm'
import type { Address } from '../../domain/bytes.ts'
import { and, eq, inArray, lt, or, sql } from '../drizzle.ts'
import type { ReportLimits, ReportPage, ReportStatus, StoredReport } from './port.ts'

export const UNFINISHED = ['QUEUED', 'RUNNING'] satisfies ReportStatus[]
export const DONE = 'DONE' satisfies ReportStatus
export const FINISHED = ['DONE', 'FAILED', 'ERASED'] satisfies ReportStatus[]

interface ReportRow {
  id: string
  makerId: number
  requester: string
  requestedAt: number
  status: string
  details: string
}

/** Returns the columns that tell a report's state; its file is read alone. */
export const STATE = <T extends Record<keyof ReportRow, unknown>>(reports: T): Pick<T, keyof ReportRow> => {
  const { id, makerId, requester, requestedAt, status, details } = reports
  return { id, makerId, requester, requestedAt, status, details }
}

export const fromReportRow = ({ requester, status, ...row }: ReportRow): StoredReport => ({
  ...row,
  requester: requester as Address,
  status: status as ReportStatus,
})

/** Returns the condition of reports further down the list. */
export function askedBefore(
  { requestedAt, id }: { requestedAt: AnyColumn; id: AnyColumn },
  before: ReportPage['before'],
): SQL | undefined {
  if (before === undefined) return undefined
  return or(lt(requestedAt, before.requestedAt), and(eq(requestedAt, before.requestedAt), lt(id, before.id)))
}

interface Kept {
  reports: Record<'id' | 'requester' | 'requestedAt' | 'status' | 'reportHash' | 'file', AnyColumn>
  reportEvidence: { reportHash: AnyColumn }
}

/** Returns the condition of finished reports for which there is no room. What carries no evidence anybody can ask for again. */
export function beyond(
  { reports, reportEvidence: noted }: Kept,
  { id, requester }: Pick<StoredReport, 'id' | 'requester'>,
  { ofOne, ofAll, bytes }: ReportLimits,
): SQL {
  const carries = sql`exists (select 1 from ${noted} where ${noted.reportHash} = ${reports.reportHash})`
  const isNewest = sql`case when ${reports.id} = ${id} then 0 else 1 end`
  const inOrder = sql`${isNewest}, case when ${carries} then 0 else 1 end, ${reports.requestedAt} desc, ${reports.id} desc`
  const finished = inArray(reports.status, FINISHED)
  const table = reports.id.table
  return sql`${reports.id} in (
    select id from (select ${reports.id} as id, row_number() over (order by ${inOrder}) as place,
      sum(coalesce(octet_length(${reports.file}), 0)) over (order by ${inOrder}) as bytes from ${table} where ${finished}) as of_all
    where place > ${ofAll} or (bytes > ${bytes} and id <> ${id})
    union select id from (select ${reports.id} as id, row_number() over (order by ${isNewest}, ${reports.requestedAt} desc, ${reports.id} desc) as place
      from ${table} where ${and(finished, eq(reports.requester, requester))}) as of_one where place > ${ofOne})`
}
