/**
 * @module A PDF as our reports are written: one classical table of objects, at the end, with nothing after it. Anything
 * that lets two readers see two documents (updates, object streams, encryption) is no document here.
 */
import { type PdfDict, type PdfValue, parseObject, skipSpace } from './parse-object.ts'

export interface PdfDocument {
  /** One character a byte. */
  text: string
  root: PdfDict
  /** Follows references, one step or many. */
  resolve(value: PdfValue | undefined): PdfValue | undefined
  /** Every dictionary object of the table. */
  dicts(): Iterable<PdfDict>
  /** The bytes of a stream without filters; undefined when it is none. */
  stream(value: PdfValue | undefined): string | undefined
}

export const MAX_PDF_BYTES = 256 << 20
const MAX_OBJECTS = 2_000_000
const END = /startxref\n(\d{1,10})\n%%EOF\n?$/
const ENTRY = /(\d{10}) (\d{5}) ([nf]) ?\r?\n/y

/** Returns the document, or in words what is wrong with it. */
export function openDocument(pdf: Uint8Array): PdfDocument | string {
  if (pdf.length > MAX_PDF_BYTES) return `The file has ${pdf.length} bytes; reports have at most ${MAX_PDF_BYTES}.`
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength).toString('latin1')
  if (!text.startsWith('%PDF-1.')) return 'The file is no PDF.'
  const end = END.exec(text.slice(-64))
  const offsets = end === null ? undefined : readTable(text, Number(end[1]))
  if (offsets === undefined) return 'The file does not end in one table of objects.'
  const trailer = parseObject(text, offsets.end)?.value
  if (trailer?.kind !== 'dict') return 'The file has no trailer.'
  const forbidden = ['Prev', 'XRefStm', 'Encrypt'].filter((key) => trailer.entries.has(key))
  if (forbidden.length > 0) return `The file was changed by an update, or is encrypted (${forbidden.join(', ')}).`
  const document = view(text, offsets.table)
  const root = document.resolve(trailer.entries.get('Root')?.value)
  return root?.kind === 'dict' ? { ...document, root } : 'The file has no catalog.'
}

/** Object numbers to offsets; free entries are left out. */
function readTable(text: string, at: number): { table: Map<number, number>; end: number } | undefined {
  const head = /xref\n0 (\d{1,7})\n/y
  head.lastIndex = at
  const count = Number(head.exec(text)?.[1] ?? Number.NaN)
  if (!(count <= MAX_OBJECTS)) return undefined
  const table = new Map<number, number>()
  ENTRY.lastIndex = head.lastIndex
  for (let id = 0; id < count; id++) {
    const place = ENTRY.lastIndex
    const entry = ENTRY.exec(text)
    if (entry === null) return undefined
    if (entry[3] === 'n') table.set(id, Number(entry[1]))
    ENTRY.lastIndex = place + entry[0].length
  }
  const end = skipSpace(text, ENTRY.lastIndex)
  return text.startsWith('trailer', end) ? { table, end: end + 'trailer'.length } : undefined
}

function view(text: string, table: ReadonlyMap<number, number>): Omit<PdfDocument, 'root'> {
  const spans = spansOf(table, text.length)
  const known = new Map<number, { value: PdfValue; end: number } | undefined>()
  const object = (id: number) => {
    if (!known.has(id)) known.set(id, readObject(text, id, spans.get(id)))
    return known.get(id)
  }
  const resolve = (value: PdfValue | undefined, steps = 0): PdfValue | undefined =>
    value?.kind === 'ref' && steps < 8 ? resolve(object(value.id)?.value, steps + 1) : value
  return {
    text,
    resolve: (value) => resolve(value),
    *dicts() {
      for (const id of table.keys()) {
        const value = object(id)?.value
        if (value?.kind === 'dict') yield value
      }
    },
    stream(value) {
      const found = value?.kind === 'ref' ? object(value.id) : undefined
      return found?.value.kind === 'dict' ? readStream(text, found.value, found.end, resolve) : undefined
    },
  }
}

interface Span {
  start: number
  end: number
}

/** An object ends where the next one begins: so none is read twice, and a hostile file costs no more than its length. */
function spansOf(table: ReadonlyMap<number, number>, length: number): Map<number, Span> {
  const inOrder = [...table].sort(([, a], [, b]) => a - b)
  return new Map(inOrder.map(([id, start], i) => [id, { start, end: inOrder[i + 1]?.[1] ?? length }]))
}

function readObject(text: string, id: number, span: Span | undefined) {
  const head = `${id} 0 obj`
  if (span === undefined || !text.startsWith(head, span.start)) return undefined
  const parsed = parseObject(text.slice(span.start, span.end), head.length)
  if (parsed === undefined) return undefined
  if (parsed.value.kind === 'dict') shift(parsed.value, span.start)
  return { value: parsed.value, end: parsed.end + span.start }
}

/** Entries of an object itself are told by their place in the file. */
function shift({ entries }: PdfDict, by: number): void {
  for (const entry of entries.values()) {
    entry.start += by
    entry.end += by
  }
}

function readStream(text: string, dict: PdfDict, end: number, resolve: PdfDocument['resolve']): string | undefined {
  const length = resolve(dict.entries.get('Length')?.value)
  const start = skipSpace(text, end)
  if (length?.kind !== 'number' || dict.entries.has('Filter') || !text.startsWith('stream\n', start)) return undefined
  const data = text.slice(start + 7, start + 7 + length.number)
  return text.startsWith('\nendstream', start + 7 + length.number) ? data : undefined
}
