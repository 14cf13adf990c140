/**
 * @module A journal read from beside: its owner may be writing. Each call is one read transaction, so that nothing is held
 * open for long; what moves on between two of them is what the caller must bear.
 */
import type { Address } from '../../domain/bytes.ts'
import { and, asc, eq, gt, gte, like, lt, sql } from '../drizzle.ts'
import type { ReportIssue } from '../issue/issue.ts'
import { IssueFile } from '../issue/issue-file.ts'
import { JOURNAL_SCHEMA, openDatabase } from '../journal/database.ts'
import { batches, meta, records, windows } from '../journal/schema.ts'
import { RecordsError } from '../port.ts'
import type { Erasure } from '../store/port.ts'
import type { JournalBatch, JournalRow } from './journal.ts'

export interface JournalState {
  /** Where the last final batch ended; undefined before the first. */
  final: { nextSeq: number; through: number; head: `0x${string}` } | undefined
  nextSeq: number
}

export interface JournalReader {
  owner: { chainId: bigint; contract: Address; recorder: Address; recorderId: number }
  state(): JournalState
  /** Every erasure that this journal obeyed. */
  orders(): Erasure[]
  /** The batch of this head; else the one that begins at this sequence with records. */
  built(head: string, firstSeq: number): JournalBatch | undefined
  /** The next batch that is not final, and the state that it was read with. */
  next(afterId: number): (JournalState & { batch: JournalBatch; rows: JournalRow[] }) | undefined
  /** Records from a sequence on, and the state that they were read with. */
  rows(fromSeq: number, limit: number): JournalState & { rows: JournalRow[] }
  /** Which of these sequences it still keeps. */
  kept(fromSeq: number, count: number): Set<number>
  /** Unix seconds of the oldest access at this sequence or later, or still open; null for none. */
  oldestFrom(seq: number): number | null
  /** Every report that it is to anchor, or did. */
  reports(): ReportIssue[]
  close(): void
}

const ERASURES = 'erasure:%'

/** Throws RecordsError JOURNAL_DAMAGED, JOURNAL_NEWER or JOURNAL_FOREIGN. */
export function openJournalReader(path: string): JournalReader {
  const { db, sqlite } = openDatabase({ path, schema: JOURNAL_SCHEMA, readonly: true })
  const get = (key: string) => db.select().from(meta).where(eq(meta.key, key)).get()?.value
  const state = (): JournalState => {
    const final = get('final')
    return { final: final === undefined ? undefined : JSON.parse(final), nextSeq: Number(get('nextSeq') ?? 1) }
  }
  const rowsOf = ({ firstSeq, count }: { firstSeq: number; count: number }): JournalRow[] => {
    const mine = and(gte(records.seq, firstSeq), lt(records.seq, firstSeq + count))
    return db.select().from(records).where(mine).orderBy(asc(records.seq)).all()
  }
  const withRows = (batch: JournalBatch | undefined) => batch && { batch, rows: rowsOf(batch) }
  const first = (where: ReturnType<typeof and>) =>
    db.select().from(batches).where(where).orderBy(asc(batches.id)).limit(1).get() as JournalBatch | undefined
  const oldest = { at: sql<number | null>`min(first_at)` }
  /** One moment for all that is read in it. */
  const whole = <T>(work: () => T): T => sqlite.transaction(work).deferred()
  return {
    owner: ownerOf(get('owner'), path, () => sqlite.close()),
    state: () => whole(state),
    orders: () =>
      db
        .select()
        .from(meta)
        .where(like(meta.key, ERASURES))
        .all()
        .map(({ value }) => JSON.parse(value) as Erasure),
    built: (head, firstSeq) =>
      whole(() => {
        const same = first(eq(batches.head, head))
        return same ?? first(and(eq(batches.firstSeq, firstSeq), gt(batches.count, 0)))
      }),
    next: (afterId) =>
      whole(() => {
        const found = withRows(first(gt(batches.id, afterId)))
        return found && { ...state(), ...found }
      }),
    rows: (fromSeq, limit) =>
      whole(() => ({
        ...state(),
        rows: db.select().from(records).where(gte(records.seq, fromSeq)).orderBy(asc(records.seq)).limit(limit).all(),
      })),
    kept: (fromSeq, count) => new Set(rowsOf({ firstSeq: fromSeq, count }).map(({ seq }) => seq)),
    oldestFrom: (seq) =>
      whole(() => {
        const closed = db.select(oldest).from(records).where(gte(records.seq, seq)).get()?.at ?? null
        const open = db.select(oldest).from(windows).get()?.at ?? null
        return closed === null || open === null ? (closed ?? open) : Math.min(closed, open)
      }),
    reports: () => new IssueFile(db).all(),
    close: () => void sqlite.close(),
  }
}

function ownerOf(text: string | undefined, path: string, close: () => void): JournalReader['owner'] {
  const [, chainId, contract, recorder, recorderId] =
    /^(\d+)\/(0x[0-9a-f]{40})\/(0x[0-9a-f]{40})\/(\d+)$/.exec(text ?? '') ?? []
  if (chainId === undefined) {
    close()
    throw new RecordsError('JOURNAL_DAMAGED', `${path} does not say whose it is. Restore it from a backup.`)
  }
  return {
    chainId: BigInt(chainId),
    contract: contract as Address,
    recorder: recorder as Address,
    recorderId: Number(recorderId),
  }
}
