/** @module The sealed records that stay closed: whether they answer the question nobody can tell from the report. */
import { fromHex } from '../../../domain/bytes.ts'
import { decodeRecords, RECORD_BYTES } from '../../../domain/packed.ts'
import type { Findings } from '../findings.ts'
import type { BundleBatch } from '../format/bundle.ts'
import { readEvidence } from '../format/evidence-text.ts'
import type { Attachment } from '../format/report.ts'

export function checkSealed({ bundle, report }: Attachment, findings: Findings): void {
  const closed = bundle.recorders.flatMap(({ id, batches }) => batches.map((batch) => closedIn(batch, id)))
  const count = closed.reduce((sum, some) => sum + some, 0)
  if (count !== report.counts.sealed)
    findings.failed('sealed', `${count} sealed records stay closed, and the report counts ${report.counts.sealed}.`)
  else if (count === 0) findings.passed('sealed', 'No sealed record stays closed.')
  else
    findings.notChecked('sealed', `${count} sealed records stay closed: whether they answer cannot be told from here.`)
}

function closedIn({ records = '0x', firstSeq, evidence = [] }: BundleBatch, id: number): number {
  const bytes = fromHex(records)
  if (bytes.length % RECORD_BYTES !== 0) return 0 // its own finding tells
  const texts = new Map(evidence.map(({ seq, text }) => [seq, text]))
  const isClosed = (seq: bigint): boolean => {
    const text = texts.get(Number(seq))
    return text === undefined || readEvidence(text)?.sealed === undefined
  }
  return decodeRecords(bytes, id, BigInt(firstSeq)).filter(({ sealed, seq }) => sealed && isClosed(seq)).length
}
