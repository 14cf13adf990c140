/** @module The rows of a topic-access report: who, what, when and why, of each record that answers the question. Pure. */
import type { SequencedRecord } from '../../domain/access-record.ts'
import { ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName, Outcome } from '../../domain/enums.ts'
import type { NameCount } from '../../domain/topic-relation.ts'
import type { ContractView } from '../../domain/view.ts'
import type { Bundle, BundleBatch, BundleEvidence, Question } from '../verify/format/bundle.ts'
import { decidedRecord, type ReadEvidence, readEvidence } from '../verify/format/evidence-text.ts'
import type { ReportRow } from '../verify/format/report.ts'
import { isWithin, recordsOf, relate } from './candidates.ts'

export interface SortedRows {
  /** By time, then recorder and sequence. */
  rows: ReportRow[]
  recordsInPeriod: number
  otherNames: number
  /** Sealed ones that stay closed. */
  sealed: number
}

export function sortRows(bundle: Bundle, view: ContractView): SortedRows {
  const sorted: SortedRows = { rows: [], recordsInPeriod: 0, otherNames: 0, sealed: 0 }
  for (const { id, batches } of bundle.recorders) {
    for (const batch of batches) {
      const evidence = new Map(batch.evidence?.map((entry) => [entry.seq, entry]))
      for (const record of recordsOf(batch, id)) {
        const entry = evidence.get(Number(record.seq))
        sortRecord(sorted, { record, batch, view, period: bundle.question, entry })
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
  period: Question
  /** What the bundle holds of its evidence. */
  entry: BundleEvidence | undefined
}

function sortRecord(sorted: SortedRows, place: RecordInPlace): void {
  const text = place.entry?.text
  const evidence = text === undefined ? undefined : readEvidence(text)
  const record = decidedRecord(place.record, evidence)
  // The time of a closed one is that of its batch: it may have been any time before.
  if (record !== undefined && !isWithin(record, place.period)) return
  sorted.recordsInPeriod++
  if (record === undefined) sorted.sealed++
  if (record === undefined) return
  const related = relate(record, place, evidence)
  if (related.relation !== 'none') sorted.rows.push(toRow(record, { ...place, evidence, related }))
  else if (related.narrowed) sorted.otherNames++
}

interface RelatedRecord extends RecordInPlace {
  evidence: ReadEvidence | undefined
  related: { relation: 'certain' | 'possible'; names: NameCount[] | undefined }
}

function toRow(record: SequencedRecord, place: RelatedRecord): ReportRow {
  const { batch, view, entry, evidence, related } = place
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
    sealed: place.record.sealed,
    evidence: evidenceState(entry, evidence, batch),
    clientId: evidence?.clientId ?? null,
    address: evidence?.address ?? null,
    transaction: batch.transactionHash,
    block: batch.blockNumber,
  }
}

function evidenceState(entry: BundleEvidence | undefined, evidence: ReadEvidence | undefined, batch: BundleBatch) {
  if (evidence !== undefined) return 'OPEN'
  if (entry?.text !== undefined) return 'MALFORMED'
  if (entry?.withheld === true) return 'WITHHELD'
  return batch.leaves === undefined ? 'NOT_AVAILABLE' : 'ERASED'
}

export const nameOf = (table: Record<string, number>, value: number): string =>
  enumName(table, value) ?? `UNKNOWN_${value}`
