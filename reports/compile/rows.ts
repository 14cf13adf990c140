/** @module The rows of a topic-access report: who, what, when and why, of each record that answers the question. Pure. */
import type { SequencedRecord } from '../../domain/access-record.ts'
import { ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName, Outcome } from '../../domain/enums.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { type NameCount, relationOf } from '../../domain/topic-relation.ts'
import type { ContractView } from '../../domain/view.ts'
import type { Bundle, BundleBatch } from '../verify/format/bundle.ts'
import { type ReadEvidence, readEvidence } from '../verify/format/evidence-text.ts'
import type { ReportRow } from '../verify/format/report.ts'
import { isWithin, recordsOf } from './candidates.ts'

export interface SortedRows {
  /** By time, then recorder and sequence. */
  rows: ReportRow[]
  recordsInPeriod: number
  otherNames: number
  sealed: number
}

export function sortRows(bundle: Bundle, view: ContractView): SortedRows {
  const sorted: SortedRows = { rows: [], recordsInPeriod: 0, otherNames: 0, sealed: 0 }
  for (const { id, batches } of bundle.recorders) {
    for (const batch of batches) {
      const evidence = new Map(batch.evidence?.map((entry) => [entry.seq, entry]))
      for (const record of recordsOf(batch, id)) {
        if (!isWithin(record, bundle.question)) continue
        const text = evidence.get(Number(record.seq))?.text
        sortRecord(sorted, { record, batch, view, asked: bundle.question.topicFilter as TopicFilter, text })
      }
    }
  }
  sorted.rows.sort((a, b) => a.firstAt - b.firstAt || a.recorderId - b.recorderId || a.seq - b.seq)
  return sorted
}

interface RecordInPlace {
  record: SequencedRecord
  batch: BundleBatch
  view: ContractView
  asked: TopicFilter
  text: string | undefined
}

function sortRecord(sorted: SortedRows, place: RecordInPlace): void {
  const { record, view, asked, text } = place
  sorted.recordsInPeriod++
  if (record.sealed) sorted.sealed++
  const evidence = text === undefined ? undefined : readEvidence(text)
  const topic = view.topicById(record.topicId)?.filter
  const related = relationOf(asked, { record, topic, evidence })
  if (related.relation !== 'none') sorted.rows.push(toRow(place, evidence, related))
  else if (related.narrowed) sorted.otherNames++
}

function toRow(
  { record, batch, view, text }: RecordInPlace,
  evidence: ReadEvidence | undefined,
  related: { relation: 'certain' | 'possible'; names: NameCount[] | undefined },
): ReportRow {
  const { names } = related
  return {
    recorderId: record.recorderId,
    seq: Number(record.seq),
    relation: related.relation,
    account: record.account === ZERO_ADDRESS ? null : record.account,
    action: nameOf(Action, record.action),
    outcome: record.outcome === Outcome.ALLOWED ? 'ALLOWED' : 'DENIED',
    denialReason: record.denialReason === DenialReason.NONE ? null : nameOf(DenialReason, record.denialReason),
    topicId: record.topicId,
    filter: view.topicById(record.topicId)?.filter ?? null,
    names: names?.map(({ name, count }) => ({ name, count })) ?? null,
    grantId: record.grantId === 0 ? null : record.grantId,
    firstAt: record.firstAt,
    lastAt: record.firstAt + record.span,
    // A window holds other names too; only those that were asked for are counted.
    count: names?.reduce((sum, { count }) => sum + count, 0) ?? record.count,
    countIsLowerBound: record.countIsLowerBound || (names !== undefined && (evidence?.unnamed ?? 0) > 0),
    evidence: evidenceState(text, evidence, batch),
    clientId: evidence?.clientId ?? null,
    address: evidence?.address ?? null,
    transaction: batch.transactionHash,
    block: batch.blockNumber,
  }
}

function evidenceState(text: string | undefined, evidence: ReadEvidence | undefined, batch: BundleBatch) {
  if (evidence !== undefined) return 'OPEN'
  if (text !== undefined) return 'MALFORMED'
  return batch.leaves === undefined ? 'NOT_AVAILABLE' : 'ERASED'
}

export const nameOf = (table: Record<string, number>, value: number): string =>
  enumName(table, value) ?? `UNKNOWN_${value}`
