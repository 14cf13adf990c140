/**
 * @module Reports that are to be anchored, in the journal's file: on disk before anything is sent, and kept for ever, so
 * that one that is asked for again is not sent again.
 */
import type { Bytes32 } from '../../domain/bytes.ts'
import type { ReportKind } from '../../domain/enums.ts'
import { asc, eq, sql } from '../drizzle.ts'
import type { OpenDatabase } from '../journal/database.ts'
import { issues } from '../journal/schema.ts'
import type { IssuesStatus, ReportIssue, ReportToIssue } from './issue.ts'

export class IssueFile {
  readonly #db: OpenDatabase['db']
  readonly #asked: ReturnType<typeof prepareQuestions>

  constructor(db: OpenDatabase['db']) {
    this.#db = db
    this.#asked = prepareQuestions(db)
  }

  /** Returns whether it is new: what is known already stays as it is. */
  note({ reportHash, kind }: ReportToIssue): boolean {
    return this.#db.insert(issues).values({ reportHash, kind }).onConflictDoNothing().run().changes === 1
  }

  one(reportHash: Bytes32): ReportIssue | undefined {
    const row = this.#db.select().from(issues).where(eq(issues.reportHash, reportHash)).get()
    return row === undefined ? undefined : fromRow(row)
  }

  /** Every one, in the order in which they were noted. */
  all(): ReportIssue[] {
    return this.#db.select().from(issues).orderBy(asc(issues.id)).all().map(fromRow)
  }

  /** Those that are not final, in the order in which they are sent. */
  open(): ReportIssue[] {
    return this.#asked.open.all().map(fromRow)
  }

  /** In one transaction: all or nothing. */
  put(changed: readonly ReportIssue[]): void {
    this.#db.transaction((tx) => {
      for (const { reportHash, place, isFinal, fromBlock } of changed) {
        const at = { block: place?.block ?? null, transaction: place?.transaction ?? null }
        const set = { ...at, fromBlock, final: isFinal ? 1 : 0 }
        tx.update(issues).set(set).where(eq(issues.reportHash, reportHash)).run()
      }
    })
  }

  counts(): Omit<IssuesStatus, 'trouble'> {
    const { all, issued } = this.#asked.counts.get() ?? { all: 0, issued: 0 }
    return { waiting: all - issued, issued }
  }
}

/** What is asked each second and each round. */
function prepareQuestions(db: OpenDatabase['db']) {
  const counted = { all: sql<number>`count(*)`, issued: sql<number>`count(block)` }
  return {
    open: db.select().from(issues).where(eq(issues.final, 0)).orderBy(asc(issues.id)).prepare(),
    counts: db.select(counted).from(issues).prepare(),
  }
}

function fromRow(row: typeof issues.$inferSelect): ReportIssue {
  const { reportHash, kind, fromBlock, block, transaction, final } = row
  return {
    reportHash: reportHash as Bytes32,
    kind: kind as ReportKind,
    place: block === null || transaction === null ? null : { block, transaction: transaction as Bytes32 },
    isFinal: final === 1,
    fromBlock,
  }
}
