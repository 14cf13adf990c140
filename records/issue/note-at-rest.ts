/** @module A report that is to be anchored, noted in the journal of a recorder that does not run: it is sent once it does. */
import { existsSync } from 'node:fs'
import { JOURNAL_SCHEMA, openDatabase } from '../journal/database.ts'
import type { ReportToIssue } from './issue.ts'
import { IssueFile } from './issue-file.ts'

/** Returns false where there is no such journal. Throws RecordsError: nothing was noted. Nobody else may have it open. */
export function noteAtRest(journalPath: string, report: ReportToIssue): boolean {
  if (!existsSync(journalPath)) return false
  const { sqlite, db } = openDatabase({ path: journalPath, schema: JOURNAL_SCHEMA })
  try {
    new IssueFile(db).note(report)
  } finally {
    sqlite.close()
  }
  return true
}
