/** @module The evidence of a period's batches: every leaf, and the texts of the records that the question looks at. */
import { fromHex, toHex } from '../../domain/bytes.ts'
import { leafHash } from '../../domain/evidence.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import type { ContractView } from '../../domain/view.ts'
import { ReportError } from '../errors.ts'
import type { BatchEvidence, Deployment, ReportSource } from '../source.ts'
import type { BundleBatch, BundleEvidence, Question } from '../verify/format/bundle.ts'
import type { NeededBatches } from './attach-records.ts'
import { candidatesOf, recordsOf } from './candidates.ts'
import type { ReportProgress } from './progress.ts'
import { sealedAnswers } from './sealed-answers.ts'
import type { Viewer } from './viewer.ts'

interface EvidenceOf {
  deployment: Deployment
  needed: readonly NeededBatches[]
  period: Question
  view: ContractView
  viewer?: Viewer | undefined
  onProgress: (progress: ReportProgress) => void
}

/** Sets `leaves` and `evidence` on each batch. Rejects EVIDENCE_DAMAGED where the store is not what was recorded. */
export async function attachEvidence(source: ReportSource, { needed, onProgress, ...place }: EvidenceOf) {
  const total = needed.reduce((sum, { batches }) => sum + batches.length, 0)
  let done = 0
  for (const { id, batches } of needed) {
    for (const batch of batches) {
      onProgress({ stage: 'EVIDENCE', done: done++, total })
      if (batch.count === 0) continue
      const stored = await source.evidence(id, batch.firstSeq)
      if (stored === undefined) continue
      assertTree(batch, stored)
      batch.leaves = stored.map(({ leaf }) => leaf)
      batch.evidence = await openedOf(stored, { ...place, batch, id })
    }
  }
}

interface OpenedOf extends Omit<EvidenceOf, 'needed' | 'onProgress'> {
  batch: BundleBatch
  id: number
}

/** The evidence that the question looks at, as far as its viewer may see it. */
async function openedOf(
  stored: readonly BatchEvidence[],
  { deployment, period, view, viewer, batch, id }: OpenedOf,
): Promise<BundleEvidence[]> {
  const looked = new Map(
    candidatesOf(batch, { recorderId: id, period, view }).map((candidate) => [Number(candidate.record.seq), candidate]),
  )
  const isSealed = new Set(recordsOf(batch, id).flatMap(({ sealed, seq }) => (sealed ? Number(seq) : [])))
  // What an unproven text says must not decide that its record is about something else.
  const proven = stored.filter(({ seq }) => isSealed.has(seq)).map((entry) => checkedEvidence(entry, deployment, id))
  const sealed = sealedAnswers(batch, proven, { recorderId: id, period, view })
  const opened: BundleEvidence[] = []
  for (const entry of stored) {
    const answer = sealed.get(entry.seq)
    // Withheld would tell that it is about this topic.
    if (answer !== undefined && (viewer === undefined || (await viewer.mayOpen(answer.record, answer.filter, true))))
      opened.push(checkedEvidence(entry, deployment, id))
    const candidate = looked.get(entry.seq)
    if (candidate === undefined) continue
    const evidence = checkedEvidence(entry, deployment, id)
    const isOpen =
      viewer === undefined ||
      evidence.text === undefined ||
      (await viewer.mayOpen(candidate.record, candidate.filter, false))
    opened.push(isOpen ? evidence : { seq: entry.seq, withheld: true })
  }
  return opened
}

function assertTree(batch: BundleBatch, stored: readonly BatchEvidence[]): void {
  const inOrder = stored.length === batch.count && stored.every(({ seq }, i) => seq === batch.firstSeq + i)
  if (!inOrder || toHex(merkleRoot(stored.map(({ leaf }) => fromHex(leaf)))) !== batch.evidenceRoot)
    throw damaged(batch)
}

function checkedEvidence({ seq, leaf, text, salt }: BatchEvidence, deployment: Deployment, recorderId: number) {
  const evidence: BundleEvidence = { seq }
  if (text === undefined || salt === undefined) return evidence
  const place = { ...deployment, recorderId, seq: BigInt(seq) }
  if (toHex(leafHash(place, fromHex(salt), text)) !== leaf) throw damaged({ firstSeq: seq })
  return { ...evidence, text, salt }
}

const damaged = ({ firstSeq }: { firstSeq: number }): ReportError =>
  new ReportError(
    'EVIDENCE_DAMAGED',
    `The evidence store does not hold what was recorded at sequence ${firstSeq}. Restore it from a backup, then retry.`,
  )
