/** @module One journal of the home, read through, against the chain as it stood at the block of the check. */
import { type Finding, found } from './finding.ts'
import {
  absentFrom,
  anchorBy,
  type JournalContext,
  type JournalRow,
  judgeJournalBatch,
  judgeJournalRows,
} from './journal.ts'
import type { JournalReader, JournalState } from './read-journal.ts'
import type { Sequence } from './sequence.ts'

export interface JournalCheck extends JournalContext {
  journal: JournalReader
  /** As it was before the chain was read: all that was final then must be there. */
  before: JournalState
  /** What the chain holds of this recorder. */
  sequence: Sequence
  /** The block of the check. */
  block: number
  /** Was the batch of this head on chain? */
  isSeen: (head: string) => boolean
  maxUnanchoredMs: number
  /** Unix seconds. */
  now: number
  /** Called now and then: the terminal may be drawn, and signals heard. */
  rest: () => Promise<void>
}

const ROWS_AT_ONCE = 1_000

/** Yields what is wrong. Returns how many records wait for the chain. */
export async function* checkJournal(check: JournalCheck): AsyncGenerator<Finding, number> {
  const { journal, before, sequence, whose } = check
  yield* judgeFinal(check)
  const { nextSeq } = journal.state()
  if (sequence.nextSeq > nextSeq) {
    const place = { seq: nextSeq, count: sequence.nextSeq - nextSeq }
    yield found('JOURNAL_DIFFERS', whose, place, 'they are on chain, and this journal ends before them')
    return 0
  }
  const start = { seq: before.final?.nextSeq ?? 1, head: before.final?.head }
  const end = yield* checkBatches(check, start)
  yield* checkUnbatched(check, end)
  yield* judgeAge(check)
  return Math.max(0, nextSeq - sequence.nextSeq)
}

function* judgeFinal({ before, sequence, whose, isSeen }: JournalCheck): Generator<Finding> {
  const { final } = before
  if (final === undefined || isSeen(final.head) || sequence.isDoubtful) return
  if (final.nextSeq > sequence.nextSeq) {
    const place = { seq: sequence.nextSeq, count: final.nextSeq - sequence.nextSeq }
    yield found('MISSING_ON_CHAIN', whose, place, 'they were final, and the chain does not hold them any more')
  } else if (final.through > sequence.through) {
    yield found('MISSING_ON_CHAIN', whose, {}, `a heartbeat that was final (watermark ${final.through}) is gone`)
  } else {
    yield found('JOURNAL_DIFFERS', whose, {}, `the chain does not hold the final batch of head ${final.head}`)
  }
}

interface Reached {
  seq: number
  head: string | undefined
}

/** Batches follow each other without a gap; forgotten ones go from the front while we read. */
async function* checkBatches(check: JournalCheck, start: Reached): AsyncGenerator<Finding, number> {
  const { journal, whose, rest } = check
  let { seq, head } = start
  let isFirst = true
  for (let at = journal.next(0); at !== undefined; at = journal.next(at.batch.id)) {
    const { batch, rows } = at
    const isMovedOn = isFirst && at.final !== undefined && at.final.head === batch.headBefore
    if (isMovedOn) seq = batch.firstSeq
    else if (batch.firstSeq !== seq || (head !== undefined && head !== batch.headBefore)) {
      const place = { seq: Math.min(seq, batch.firstSeq), count: Math.abs(batch.firstSeq - seq) }
      yield found('ALTERED_IN_JOURNAL', whose, place, `batch ${batch.id} does not follow the one before it`)
    }
    yield* judgeJournalBatch(batch, rows, check)
    yield* judgePlaced(check, at)
    seq = batch.firstSeq + batch.count
    head = batch.head
    isFirst = false
    await rest()
  }
  return seq
}

function* judgePlaced(
  { journal, sequence, whose, block, isSeen }: JournalCheck,
  { batch }: NonNullable<ReturnType<JournalReader['next']>>,
): Generator<Finding> {
  if (isSeen(batch.head) || sequence.isDoubtful) return
  const place = { seq: batch.firstSeq, count: batch.count }
  // Another batch of ours begins there: that was told when the chain was read.
  if (batch.firstSeq < sequence.nextSeq) return
  if (batch.block === null || batch.block > block) return
  // The recorder may just be finding out itself.
  const now = journal.next(batch.id - 1)?.batch
  if (now?.id !== batch.id || now.block !== batch.block) return
  yield found('MISSING_ON_CHAIN', whose, place, `they stood in block ${batch.block}, which holds them no more`)
}

async function* checkUnbatched(check: JournalCheck, from: number): AsyncGenerator<Finding> {
  const { journal, whose, rest } = check
  for (let seq = from; ; ) {
    const page = journal.rows(seq, ROWS_AT_ONCE)
    // What was batched, anchored and forgotten since the last look is no gap.
    seq = Math.max(seq, page.final?.nextSeq ?? 1)
    const rows: readonly JournalRow[] = page.rows.filter((row) => row.seq >= seq)
    const end = page.rows.length < ROWS_AT_ONCE ? page.nextSeq : (rows.at(-1)?.seq ?? seq - 1) + 1
    for (const run of absentFrom(rows, seq, Math.max(0, end - seq)))
      yield found('MISSING_IN_JOURNAL', whose, run, 'it gave out these sequences and keeps no record of them')
    yield* judgeJournalRows(rows, check)
    if (page.rows.length < ROWS_AT_ONCE) return
    seq = end
    await rest()
  }
}

function* judgeAge({ journal, sequence, whose, maxUnanchoredMs, now }: JournalCheck): Generator<Finding> {
  const oldest = journal.oldestFrom(sequence.nextSeq)
  if (oldest === null || now <= anchorBy(oldest, maxUnanchoredMs)) return
  const hours = Math.floor((now - oldest) / 3_600)
  yield found('ANCHOR_OVERDUE', whose, { seq: sequence.nextSeq }, `the oldest access not on chain is ${hours} h old`)
}
