/** @module The rows that the evidence gives, made from record bytes and opened evidence alone. */
import type { SequencedRecord } from '../../../domain/access-record.ts'
import { ZERO_ADDRESS } from '../../../domain/bytes.ts'
import { Action, DenialReason, enumName, Outcome } from '../../../domain/enums.ts'
import type { TopicFilter } from '../../../domain/topic-filter.ts'
import { relationOf } from '../../../domain/topic-relation.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Bundle, BundleBatch, BundleEvidence } from '../format/bundle.ts'
import { type ReadEvidence, readEvidence } from '../format/evidence-text.ts'
import type { ReportRow } from '../format/report.ts'
import { type Candidate, candidateRecords } from './candidate-records.ts'

export interface ExpectedRow {
  row: ReportRow
  record: SequencedRecord
  evidence: ReadEvidence | undefined
}

/** Returns them in the report's order: time, recorder, sequence. */
export function expectedRows(bundle: Bundle, folded: Folded): ExpectedRow[] {
  const rows = bundle.recorders.flatMap(({ id, batches }) =>
    batches.flatMap((batch) => {
      const entries = new Map(batch.evidence?.map((entry) => [entry.seq, entry]))
      const candidates = candidateRecords(bundle, folded, { id, batch })
      return candidates.flatMap((candidate) => expectRow(bundle, { batch, entries }, candidate) ?? [])
    }),
  )
  return rows.sort(({ row: a }, { row: b }) => a.firstAt - b.firstAt || a.recorderId - b.recorderId || a.seq - b.seq)
}

function expectRow(
  { question }: Bundle,
  { batch, entries }: Place,
  { record, topic, isSealed }: Candidate,
): ExpectedRow | undefined {
  const seq = Number(record.seq)
  const { text, withheld } = entries.get(seq) ?? {}
  const evidence = text === undefined ? undefined : readEvidence(text)
  const found = relationOf(question.topicFilter as TopicFilter, { record, topic, evidence })
  if (found.relation === 'none') return undefined
  const names = found.names ?? null
  const closed = withheld === true ? 'WITHHELD' : batch.leaves === undefined ? 'NOT_AVAILABLE' : 'ERASED'
  const row: ReportRow = {
    ...whoAndWhat(record, topic),
    seq,
    relation: found.relation,
    names,
    count: names === null ? record.count : names.reduce((sum, { count }) => sum + count, 0),
    countIsLowerBound: record.countIsLowerBound || (names !== null && (evidence?.unnamed ?? 0) > 0),
    sealed: isSealed,
    evidence: evidence !== undefined ? 'OPEN' : text !== undefined ? 'MALFORMED' : closed,
    clientId: evidence?.clientId ?? null,
    address: evidence?.address ?? null,
    transaction: batch.transactionHash,
    block: batch.blockNumber,
  }
  return { row, record, evidence }
}

interface Place {
  batch: BundleBatch
  entries: Map<number, BundleEvidence>
}

function whoAndWhat(record: SequencedRecord, topic: TopicFilter | undefined) {
  return {
    recorderId: record.recorderId,
    account: record.account === ZERO_ADDRESS ? null : record.account,
    action: enumName(Action, record.action) ?? `UNKNOWN_${record.action}`,
    outcome: record.outcome === Outcome.ALLOWED ? ('ALLOWED' as const) : ('DENIED' as const),
    denialReason:
      record.denialReason === 0
        ? null
        : (enumName(DenialReason, record.denialReason) ?? `UNKNOWN_${record.denialReason}`),
    topicId: record.topicId,
    filter: topic ?? null,
    grantId: record.grantId || null,
    firstAt: record.firstAt,
    lastAt: record.firstAt + record.span,
  }
}
