/** @module Reports in SQLite: their state, and their files. */
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { and, asc, count, desc, eq, inArray, isNotNull, sql } from '../../drizzle.ts'
import type { EvidenceStore, KeptReport, ReportShelf } from '../port.ts'
import { askedBefore, beyond, DONE, fromReportRow, STATE, UNFINISHED } from '../report-rows.ts'
import { isCarried } from '../report-scope.ts'
import { evidence, reportEvidence, reports } from './tables.ts'

type Shelf = ReportShelf & Pick<EvidenceStore, 'noteReport'>
type Noted = Pick<KeptReport, 'reportHash' | 'records'>

export function reportShelf(db: BetterSQLite3Database, whole: (work: () => void) => void): Shelf {
  const tables = { reports, reportEvidence }
  const newestFirst = [desc(reports.requestedAt), desc(reports.id)]
  const state = STATE(reports)
  /** Notes its evidence and does the rest in one transaction; returns false where some of that was erased since. */
  const issue = (noted: Noted, rest = () => {}): boolean => {
    try {
      whole(() => {
        noteEvidence(db, noted)
        if (countOpen(db, noted.reportHash) !== noted.records.length) throw ERASED_SINCE
        rest()
      })
    } catch (error) {
      if (error === ERASED_SINCE) return false
      throw error
    }
    return true
  }
  return {
    noteReport: async (reportHash, records) => issue({ reportHash, records }),
    async putReport(report) {
      const { id, ...set } = report
      const setWhere = inArray(reports.status, UNFINISHED)
      const put = db.insert(reports).values(report).onConflictDoUpdate({ target: reports.id, set, setWhere })
      return put.run().changes === 1
    },
    async report(id) {
      const row = db.select(state).from(reports).where(eq(reports.id, id)).get()
      return row === undefined ? undefined : fromReportRow(row)
    },
    async reportsOf(requester, { first, before }) {
      const mine = and(eq(reports.requester, requester), askedBefore(reports, before))
      return db
        .select(state)
        .from(reports)
        .where(mine)
        .orderBy(...newestFirst)
        .limit(first)
        .all()
        .map(fromReportRow)
    },
    async unfinishedReports(makerId) {
      const mine = and(eq(reports.makerId, makerId), inArray(reports.status, UNFINISHED))
      return db.select(state).from(reports).where(mine).all().map(fromReportRow)
    },
    async doneReports(makerId) {
      const mine = and(eq(reports.makerId, makerId), eq(reports.status, DONE))
      return db.select(state).from(reports).where(mine).orderBy(asc(reports.requestedAt)).all().map(fromReportRow)
    },
    async keepReport({ report, file, ...noted }) {
      const { id, ...set } = { ...report, reportHash: noted.reportHash, file: Buffer.from(file) }
      const keep = db
        .insert(reports)
        .values({ id, ...set })
        .onConflictDoUpdate({ target: reports.id, set })
      return issue(noted, () => void keep.run())
    },
    async reportFile(id) {
      return db.select({ file: reports.file }).from(reports).where(eq(reports.id, id)).get()?.file ?? undefined
    },
    async pruneReports(newest, limits) {
      db.delete(reports)
        .where(beyond(tables, newest, limits))
        .run()
    },
  }
}

/** Takes back what was begun. */
const ERASED_SINCE = new Error('evidence that it carries was erased since')

/** Prepared once: a report may carry that of many thousand records. */
function noteEvidence(db: BetterSQLite3Database, { reportHash, records }: Noted): void {
  const place = { recorderId: sql.placeholder('recorderId'), seq: sql.placeholder('seq') }
  const insert = db
    .insert(reportEvidence)
    .values({ reportHash, ...place })
    .onConflictDoNothing()
    .prepare()
  for (const { recorderId, seq } of records) insert.run({ recorderId, seq })
}

function countOpen(db: BetterSQLite3Database, reportHash: string): number {
  const mine = and(eq(reportEvidence.reportHash, reportHash), isNotNull(evidence.text))
  const row = db
    .select({ n: count() })
    .from(reportEvidence)
    .innerJoin(evidence, isCarried(reportEvidence, evidence))
    .where(mine)
    .get()
  return row?.n ?? 0
}
