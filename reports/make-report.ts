/**
 * @module The way to a signed report: collect, derive, render, sign. It runs on the operator's machine, for him or for who
 * may see less; what it makes can be checked by anyone, with `verify`, which knows nothing of this.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { type Bytes32, toHex } from '../domain/bytes.ts'
import { type Collection, collectBundle } from './compile/collect.ts'
import { deriveReport } from './compile/derive.ts'
import { ReportError } from './errors.ts'
import { renderReport } from './render/render-report.ts'
import { spkiHash } from './sign/file-signer.ts'
import { sealPdf } from './sign/seal.ts'
import type { Signer } from './sign/signer.ts'
import type { Bundle } from './verify/format/bundle.ts'
import type { Attachment, Report } from './verify/format/report.ts'

export interface ReportOrder extends Omit<Collection, 'spkiHash'> {
  signer: Signer
  /** Unix seconds. */
  signedAt: number
  /** More are not drawn: each takes 90 KB of memory meanwhile (measured). */
  maxRows?: number
}

export interface MadeReport {
  pdf: Buffer
  /** SHA-256 of the file. */
  reportHash: Bytes32
  report: Report
  /** The records whose evidence it carries: no erasure reaches them there. */
  evidence: { recorderId: number; seq: number }[]
}

/** Resolves with the signed PDF. Rejects ReportError, or what the source rejects with. */
export async function makeReport({ signer, signedAt, maxRows, ...collection }: ReportOrder): Promise<MadeReport> {
  assertValidAt(signer, signedAt)
  const attachment = await compileTopicAccess({ ...collection, spkiHash: spkiHash(signer.certificate) }, signer)
  const { onProgress = () => {} } = collection
  assertRows(attachment.report.rows.length, maxRows)
  onProgress({ stage: 'PAGES', done: 0, total: attachment.report.rows.length })
  const prepared = await renderReport(attachment)
  onProgress({ stage: 'SIGNATURE', done: 0, total: 1 })
  const pdf = await sealPdf(prepared, signer, signedAt)
  const reportHash = toHex(createHash('sha256').update(pdf).digest())
  return { pdf, reportHash, report: attachment.report, evidence: evidenceIn(attachment.bundle) }
}

const evidenceIn = ({ recorders }: Bundle): MadeReport['evidence'] =>
  recorders.flatMap(({ id, batches }) =>
    batches.flatMap(({ evidence = [] }) =>
      evidence.flatMap(({ seq, text }) => (text === undefined ? [] : [{ recorderId: id, seq }])),
    ),
  )

/** Resolves with the bundle and the report that follows from it. */
export async function compileTopicAccess(collection: Collection, signer: Signer): Promise<Attachment> {
  const bundle = await collectBundle(collection)
  return { bundle, report: deriveReport(bundle, signerFacts(signer.certificate)) }
}

function signerFacts(certificate: Uint8Array): Report['signer'] {
  const parsed = new X509Certificate(certificate)
  const certificateHash = toHex(createHash('sha256').update(parsed.raw).digest())
  return { subject: parsed.subject.replaceAll('\n', ', '), certificateHash, spkiHash: spkiHash(certificate) }
}

function assertRows(rows: number, maxRows = Number.POSITIVE_INFINITY): void {
  if (rows <= maxRows) return
  const text = `It would have ${rows} rows, and ${maxRows} are drawn at most. Ask for a shorter period or a narrower topic.`
  throw new ReportError('REPORT_TOO_LARGE', text)
}

function assertValidAt(signer: Signer, now: number): void {
  const { validFromDate, validToDate } = new X509Certificate(signer.certificate)
  if (now * 1_000 >= validFromDate.getTime() && now * 1_000 <= validToDate.getTime()) return
  const text = `The report certificate is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()} only. Have a new one made.`
  throw new ReportError('SIGNER_INVALID', text)
}
