/** @module Reports in PostgreSQL: their state, and their files. */
import { Buffer } from 'node:buffer'
import { and, asc, count, desc, eq, inArray, isNotNull, sql } from '../../drizzle.ts'
import type { EvidenceStore, KeptReport, ReportShelf } from '../port.ts'
import { askedBefore, beyond, DONE, fromReportRow, STATE, UNFINISHED } from '../report-rows.ts'
import { isCarried } from '../report-scope.ts'
import type { drizzle } from './drizzle.ts'
import { insertAll } from './insert-all.ts'
import { evidence, reportEvidence, reports } from './tables.ts'

type Drizzle = ReturnType<typeof drizzle>
type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0]

type Shelf = ReportShelf & Pick<EvidenceStore, 'noteReport'>
type Noted = Pick<KeptReport, 'reportHash' | 'records'>

export function postgresReportShelf(db: Drizzle): Shelf {
  const tables = { reports, reportEvidence }
  const newestFirst = [desc(reports.requestedAt), desc(reports.id)]
  const state = STATE(reports)
  /** Notes its evidence and does the rest in one transaction; resolves with false where some of that was erased since. */
  const issue = async (noted: Noted, rest = async (_tx: Transaction): Promise<void> => {}): Promise<boolean> => {
    try {
      await db.transaction(async (tx) => {
        await noteEvidence(tx, noted)
        await rest(tx)
      })
    } catch (error) {
      if (error === ERASED_SINCE) return false
      throw error
    }
    return true
  }
  return {
    noteReport: (reportHash, records) => issue({ reportHash, records }),
    async putReport(report) {
      const { id, ...set } = report
      const setWhere = inArray(reports.status, UNFINISHED)
      const put = db.insert(reports).values(report).onConflictDoUpdate({ target: reports.id, set, setWhere })
      return (await put).rowCount === 1
    },
    async report(id) {
      const [row] = await db.select(state).from(reports).where(eq(reports.id, id))
      return row === undefined ? undefined : fromReportRow(row)
    },
    async reportsOf(requester, { first, before }) {
      const mine = and(eq(reports.requester, requester), askedBefore(reports, before))
      const rows = await db
        .select(state)
        .from(reports)
        .where(mine)
        .orderBy(...newestFirst)
        .limit(first)
      return rows.map(fromReportRow)
    },
    async unfinishedReports(makerId) {
      const mine = and(eq(reports.makerId, makerId), inArray(reports.status, UNFINISHED))
      return (await db.select(state).from(reports).where(mine)).map(fromReportRow)
    },
    async doneReports(makerId) {
      const mine = and(eq(reports.makerId, makerId), eq(reports.status, DONE))
      return (await db.select(state).from(reports).where(mine).orderBy(asc(reports.requestedAt))).map(fromReportRow)
    },
    async keepReport({ report, file, ...noted }) {
      const { id, ...set } = { ...report, reportHash: noted.reportHash, file: Buffer.from(file) }
      return issue(noted, async (tx) => {
        await tx
          .insert(reports)
          .values({ id, ...set })
          .onConflictDoUpdate({ target: reports.id, set })
      })
    },
    async reportFile(id) {
      const [row] = await db.select({ file: reports.file }).from(reports).where(eq(reports.id, id))
      return row?.file ?? undefined
    },
    async pruneReports(newest, limits) {
      await db.delete(reports).where(beyond(tables, newest, limits))
    },
  }
}

/** Takes back what was begun. */
const ERASED_SINCE = new Error('evidence that it carries was erased since')

async function noteEvidence(tx: Transaction, { reportHash, records }: Noted): Promise<void> {
  // No erasure passes between the look and the noting: it waits, and then finds the report.
  await tx.execute(sql`lock table ${evidence} in share mode`)
  const notes = records.map(({ recorderId, seq }) => ({ reportHash, recorderId, seq }))
  await insertAll(tx, reportEvidence, notes)
  const mine = and(eq(reportEvidence.reportHash, reportHash), isNotNull(evidence.text))
  const [open] = await tx
    .select({ n: count() })
    .from(reportEvidence)
    .innerJoin(evidence, isCarried(reportEvidence, evidence))
    .where(mine)
  if (open?.n !== records.length) throw ERASED_SINCE
}
