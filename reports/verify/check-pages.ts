/**
 * @module Whether the pages say what the evidence gives: the caller makes the document again from its bundle, and every byte
 * but the signature's room has to come out the same. `verify` itself knows no fonts and no renderer.
 */
import type { Findings } from './findings.ts'
import type { Attachment } from './format/report.ts'
import type { SignatureField } from './pdf/signature-field.ts'

/** Resolves with the document before signing, made from the bundle alone. */
export type Remake = (attachment: Attachment) => Promise<Uint8Array>

export async function checkPages(
  { pdf, attachment, field }: { pdf: Uint8Array; attachment: Attachment; field: SignatureField },
  remake: Remake | undefined,
  findings: Findings,
): Promise<void> {
  if (remake === undefined)
    return findings.notChecked('pages', 'The pages were not drawn again: their words are the signer’s.')
  let made: Uint8Array
  try {
    made = await remake(attachment)
  } catch {
    return findings.failed('pages', 'No report can be made from this bundle.')
  }
  const isSame = made.length === pdf.length && sameOutside(pdf, made, field.room)
  findings.check(
    'pages',
    isSame ? undefined : `The pages are not what template ${attachment.report.template} draws from this evidence.`,
    'The pages, drawn again from the evidence, are the same byte for byte.',
  )
}

function sameOutside(a: Uint8Array, b: Uint8Array, room: readonly { start: number; end: number }[]): boolean {
  let from = 0
  for (const { start, end } of [...room].sort((x, y) => x.start - y.start)) {
    if (!sameBytes(a, b, from, start)) return false
    from = end
  }
  return sameBytes(a, b, from, a.length)
}

const sameBytes = (a: Uint8Array, b: Uint8Array, from: number, to: number): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).subarray(from, to).equals(b.subarray(from, to))
