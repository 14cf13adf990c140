/** @module The records that a question has to look at: of its period, and by the chain alone not ruled out. Pure. */
import type { SequencedRecord } from '../../domain/access-record.ts'
import { fromHex } from '../../domain/bytes.ts'
import { decodeRecords } from '../../domain/packed.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { type Candidate, type Relation, relationOf } from '../../domain/topic-relation.ts'
import type { ContractView } from '../../domain/view.ts'
import type { BundleBatch, Question } from '../verify/format/bundle.ts'

export interface Asked {
  recorderId: number
  period: Question
  view: ContractView
}

export interface CandidateRecord {
  record: SequencedRecord
  filter: TopicFilter | undefined
}

export function candidatesOf(batch: BundleBatch, { recorderId, period, view }: Asked): CandidateRecord[] {
  return recordsOf(batch, recorderId)
    .filter((record) => isWithin(record, period) && relate(record, { period, view }).relation !== 'none')
    .map((record) => ({ record, filter: view.topicById(record.topicId)?.filter }))
}

/** How the record is related to what was asked for, as far as `evidence` is there. */
export const relate = (
  record: SequencedRecord,
  { period, view }: Pick<Asked, 'period' | 'view'>,
  evidence?: Candidate['evidence'],
): Relation =>
  relationOf(period.topicFilter as TopicFilter, { record, topic: view.topicById(record.topicId)?.filter, evidence })

export const recordsOf = (batch: BundleBatch, recorderId: number): SequencedRecord[] =>
  decodeRecords(fromHex(batch.records ?? '0x'), recorderId, BigInt(batch.firstSeq))

/** A record that began before the period, or ended after it, is in it as a whole. */
export const isWithin = ({ firstAt, span }: SequencedRecord, { from, to }: Pick<Question, 'from' | 'to'>): boolean =>
  firstAt <= to && firstAt + span >= from
