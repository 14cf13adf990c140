/** @module Each recorder's whole chain of batches: sequences without a gap, heads folded from the seed, watermarks that never fall. */
import type { SequencedRecord } from '../../../domain/access-record.ts'
import { fromHex, keccak256, toHex } from '../../../domain/bytes.ts'
import { foldHead, seedHead } from '../../../domain/head.ts'
import { decodeRecords, RECORD_BYTES } from '../../../domain/packed.ts'
import type { Findings } from '../findings.ts'
import type { Bundle, BundleBatch, BundleRecorder } from '../format/bundle.ts'
import { decidedRecord, readEvidence } from '../format/evidence-text.ts'
import type { Folded } from './folded.ts'

export function checkBatches(bundle: Bundle, folded: Folded, findings: Findings): void {
  const recorders = bundle.recorders
  const batches = recorders.reduce((sum, recorder) => sum + recorder.batches.length, 0)
  findings.check(
    'heads',
    listProblem(bundle, folded) ?? first(recorders, (recorder) => headProblem(bundle, recorder)),
    `${batches} batches of ${recorders.length} recorders fold to their heads, from the first on.`,
  )
  findings.check('sequences', first(recorders, sequenceProblem), 'No recorder has a gap in its sequence.')
  findings.check(
    'watermarks',
    first(recorders, (recorder) => watermarkProblem(recorder, folded)),
    'No watermark falls, and no record comes after one that should hold it.',
  )
  findings.check(
    'record-bytes',
    first(recorders, bytesProblem),
    'The records are, byte for byte, those of their batches.',
  )
}

/** The recorders are those that the contract added, by its own events. */
function listProblem({ recorders }: Bundle, folded: Folded): string | undefined {
  const known = recorders.every(({ recorder, id }) => folded.recorders.get(recorder)?.id === id)
  return known &&
    new Set(recorders.map(({ recorder }) => recorder)).size === folded.recorders.size &&
    recorders.length === folded.recorders.size
    ? undefined
    : 'The recorders are not those that the contract added.'
}

function headProblem({ deployment }: Bundle, { recorder, id, batches }: BundleRecorder): string | undefined {
  let head = seedHead(BigInt(deployment.chainId), deployment.contract, recorder)
  for (const batch of batches) {
    head = foldHead(head, { ...batch, firstSeq: BigInt(batch.firstSeq) })
    if (head !== batch.head) return `Batch ${batch.firstSeq} of recorder R${id} does not fold to its head.`
  }
  return undefined
}

function sequenceProblem({ id, batches }: BundleRecorder): string | undefined {
  let next = 1
  for (const { firstSeq, count } of batches) {
    if (firstSeq !== next) return `Recorder R${id} has a gap before sequence ${firstSeq}: ${next} is missing.`
    next += count
  }
  return undefined
}

function watermarkProblem({ recorder, id, batches }: BundleRecorder, folded: Folded): string | undefined {
  const added = folded.recorders.get(recorder)?.addedAt ?? 0
  let before = { through: added, builtAt: added }
  for (const batch of batches) {
    const { firstSeq, through, builtAt, count } = batch
    const falls = through < before.through || builtAt < before.builtAt || through > builtAt
    if (falls || (count === 0 && through === before.through))
      return `The watermark of recorder R${id} falls at batch ${firstSeq}.`
    // A record at or before an earlier watermark convicts its recorder: it had declared that time complete.
    const late = decided(batch, id).find(({ firstAt }) => firstAt <= before.through || firstAt > builtAt)
    if (late !== undefined) return `Record R${id} #${late.seq} is dated outside of what its batch can hold.`
    before = { through, builtAt }
  }
  return undefined
}

function bytesProblem({ id, batches }: BundleRecorder): string | undefined {
  const bad = batches.find(({ records: hex, count, recordsHash }) => {
    if (hex === undefined) return false
    const bytes = fromHex(hex)
    return bytes.length !== count * RECORD_BYTES || toHex(keccak256(bytes)) !== recordsHash
  })
  return bad === undefined
    ? undefined
    : `The records of batch ${bad.firstSeq} of recorder R${id} are not those that were recorded.`
}

/** The records as they were decided, but those that stay sealed. Bytes that are no whole records have their own finding. */
function decided({ records: hex = '0x', firstSeq, evidence = [] }: BundleBatch, id: number): SequencedRecord[] {
  const bytes = fromHex(hex)
  if (bytes.length % RECORD_BYTES !== 0) return []
  const texts = new Map(evidence.map(({ seq, text }) => [seq, text]))
  return decodeRecords(bytes, id, BigInt(firstSeq)).flatMap((record) => {
    const text = record.sealed ? texts.get(Number(record.seq)) : undefined
    return decidedRecord(record, text === undefined ? undefined : readEvidence(text)) ?? []
  })
}

function first<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found !== undefined) return found
  }
  return undefined
}
