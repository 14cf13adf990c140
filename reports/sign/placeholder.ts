/**
 * @module The room that a prepared document keeps for its signature: signing time, byte range and CMS, of fixed lengths.
 * Everything else is settled before anyone signs.
 */
import type PDFDocument from 'pdfkit'

/** Bytes of CMS that fit. */
export const SIGNATURE_BYTES = 16_384
const NUMBER = '**********'
export const EMPTY_TIME = '(D:00000000000000Z)'
export const EMPTY_RANGE = `/ByteRange [0 /${NUMBER} /${NUMBER} /${NUMBER}]`

/** What pdfkit keeps to itself, and a signature field needs. */
interface Internals {
  ref(data: Record<string, unknown>): { end(): void; offset: number }
  _root: { data: { AcroForm: { data: { DR: unknown } } } }
}

/** A document that lacks only its signature. */
export interface PreparedPdf {
  bytes: Buffer
  /** Where the signature's object begins: text of the report may look like its room, so nobody searches before it. */
  signatureAt: number
}

/** Adds an invisible signature field to the current page. Returns where its object begins, known once written. */
export function addPlaceholder(
  document: InstanceType<typeof PDFDocument>,
  { name, reason }: { name: string; reason: string },
): number {
  const inside = document as unknown as Internals
  const range = [0, `/${NUMBER}`, `/${NUMBER}`, `/${NUMBER}`]
  const signature = inside.ref({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: 'ETSI.CAdES.detached',
    ByteRange: range.map((entry) => (entry === 0 ? 0 : NUMBER)),
    Contents: Buffer.alloc(SIGNATURE_BYTES),
    Reason: pdfString(reason),
    Name: pdfString(name),
    M: pdfString(EMPTY_TIME.slice(1, -1)),
  })
  const page = document.page as unknown as { dictionary: unknown; annotations: unknown[] }
  const widget = inside.ref({
    Type: 'Annot',
    Subtype: 'Widget',
    FT: 'Sig',
    F: 132, // Print and Locked: PDF/A forbids a widget without flags
    Rect: [0, 0, 0, 0],
    V: signature,
    T: pdfString('FlyTrapSignature'),
    P: page.dictionary,
  })
  page.annotations.push(widget)
  document.initForm()
  const form = inside._root.data.AcroForm
  // NeedAppearances is forbidden in PDF/A; pdfkit sets it.
  Object.assign(form, { data: { SigFlags: 3, Fields: [widget], DR: form.data.DR } })
  signature.end()
  widget.end()
  return signature.offset
}

/** pdfkit writes a String object as text, and a string as a name. */
const pdfString = (text: string): object => new String(text)
