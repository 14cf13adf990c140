/**
 * @module Makes the document again from the bundle that it carries. Handed to `verify` by its caller: when the bytes come
 * out the same, every word and line on the pages follows from the evidence.
 */
import { deriveReport } from './compile/derive.ts'
import { renderReport } from './render/render-report.ts'
import type { Attachment } from './verify/format/report.ts'

/** Resolves with the unsigned bytes. Rejects where the bundle contradicts itself. */
export async function remakeReport({ bundle, report }: Attachment): Promise<Uint8Array> {
  return (await renderReport({ bundle, report: deriveReport(bundle, report.signer) })).bytes
}
