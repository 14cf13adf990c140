/** @module The evidence of a period's batches: every leaf, and the texts of the records that the question looks at. */
import { fromHex, toHex } from '../../domain/bytes.ts'
import { leafHash } from '../../domain/evidence.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import type { ContractView } from '../../domain/view.ts'
import { ReportError } from '../errors.ts'
import type { BatchEvidence, Deployment, ReportSource } from '../source.ts'
import type { BundleBatch, BundleEvidence, Question } from '../verify/format/bundle.ts'
import type { NeededBatches } from './attach-records.ts'
import { candidatesOf } from './candidates.ts'

interface EvidenceOf {
  deployment: Deployment
  needed: readonly NeededBatches[]
  period: Question
  view: ContractView
}

/** Sets `leaves` and `evidence` on each batch. Rejects EVIDENCE_DAMAGED where the store is not what was recorded. */
export async function attachEvidence(source: ReportSource, { deployment, needed, period, view }: EvidenceOf) {
  for (const { id, batches } of needed) {
    for (const batch of batches) {
      if (batch.count === 0) continue
      const stored = await source.evidence(id, batch.firstSeq)
      if (stored === undefined) continue
      assertTree(batch, stored)
      const looked = new Set(
        candidatesOf(batch, { recorderId: id, period, view }).map(({ record }) => Number(record.seq)),
      )
      batch.leaves = stored.map(({ leaf }) => leaf)
      batch.evidence = stored
        .filter(({ seq }) => looked.has(seq))
        .map((entry) => checkedEvidence(entry, deployment, id))
    }
  }
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
