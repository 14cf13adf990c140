/** @module The records that the question is about as far as the chain alone can tell. Made here again; not `compile`'s. */
import type { SequencedRecord } from '../../../domain/access-record.ts'
import { fromHex } from '../../../domain/bytes.ts'
import { decodeRecords, RECORD_BYTES } from '../../../domain/packed.ts'
import type { TopicFilter } from '../../../domain/topic-filter.ts'
import { relationOf } from '../../../domain/topic-relation.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Bundle, BundleBatch } from '../format/bundle.ts'
import { decidedRecord, readEvidence } from '../format/evidence-text.ts'

export interface Candidate {
  /** As it was decided. */
  record: SequencedRecord
  /** Whether the chain shows only that it is there. */
  isSealed: boolean
  topic: TopicFilter | undefined
}

export function candidateRecords(
  { question }: Bundle,
  { view }: Folded,
  { id, batch }: { id: number; batch: BundleBatch },
): Candidate[] {
  const bytes = fromHex(batch.records ?? '0x')
  if (bytes.length % RECORD_BYTES !== 0) return []
  const texts = new Map(batch.evidence?.map(({ seq, text }) => [seq, text]))
  const candidates: Candidate[] = []
  for (const onChain of decodeRecords(bytes, id, BigInt(batch.firstSeq))) {
    const text = onChain.sealed ? texts.get(Number(onChain.seq)) : undefined
    const record = decidedRecord(onChain, text === undefined ? undefined : readEvidence(text))
    // What stays sealed could be about anything: nobody can tell that it answers.
    if (record === undefined) continue
    if (record.firstAt > question.to || record.firstAt + record.span < question.from) continue
    const topic = view.topicById(record.topicId)?.filter
    const asked = question.topicFilter as TopicFilter
    const { relation } = relationOf(asked, { record, topic, evidence: undefined })
    if (relation !== 'none') candidates.push({ record, topic, isSealed: onChain.sealed })
  }
  return candidates
}
