/**
 * @module The sealed records that answer a question: on chain they could be about anything, their evidence says. Evidence of
 * the others stays where it is, so that a report on one topic opens nothing of another. Pure.
 */
import type { BundleBatch, BundleEvidence } from '../verify/format/bundle.ts'
import { decidedRecord, readEvidence } from '../verify/format/evidence-text.ts'
import { type Asked, type CandidateRecord, isWithin, recordsOf, relate } from './candidates.ts'

/** Returns them by sequence, each as it was decided. `proven`: evidence that hashes to its leaf. */
export function sealedAnswers(
  batch: BundleBatch,
  proven: readonly BundleEvidence[],
  asked: Asked,
): Map<number, CandidateRecord> {
  const texts = new Map(proven.map(({ seq, text }) => [seq, text]))
  const answers = new Map<number, CandidateRecord>()
  for (const sealed of recordsOf(batch, asked.recorderId)) {
    const seq = Number(sealed.seq)
    const text = texts.get(seq)
    if (!sealed.sealed || text === undefined) continue
    const evidence = readEvidence(text)
    const record = decidedRecord(sealed, evidence)
    if (record === undefined || !isWithin(record, asked.period)) continue
    if (relate(record, asked, evidence).relation === 'none') continue
    answers.set(seq, { record, filter: asked.view.topicById(record.topicId)?.filter })
  }
  return answers
}
