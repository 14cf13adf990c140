/** @module The document's one signature field, and the room that signing filled in. */
import type { PdfDocument } from './document.ts'
import type { PdfDict } from './parse-object.ts'

export interface SignatureField {
  byteRange: number[]
  /** Where `<` and the byte behind `>` stand. */
  contents: { start: number; end: number; digits: string }
  /** Unix seconds, claimed by the signer. */
  signedAt: number | undefined
  /** The places that signing fills: all else was settled before. */
  room: { start: number; end: number }[]
}

/** Returns the field, or in words why there is not exactly one. */
export function signatureField(document: PdfDocument): SignatureField | string {
  const form = document.resolve(document.root.entries.get('AcroForm')?.value)
  const fields = form?.kind === 'dict' ? document.resolve(form.entries.get('Fields')?.value) : undefined
  const count = [...document.dicts()].filter(
    (dict) => isNamed(dict, 'Type', 'Sig') || isNamed(dict, 'FT', 'Sig'),
  ).length
  if (fields?.kind !== 'array' || fields.items.length !== 1 || count !== 2) {
    return 'The document does not have exactly one signature field.'
  }
  const field = document.resolve(fields.items[0])
  const signature = field?.kind === 'dict' ? document.resolve(field.entries.get('V')?.value) : undefined
  if (signature?.kind !== 'dict' || !isNamed(signature, 'SubFilter', 'ETSI.CAdES.detached')) {
    return 'The signature is no PAdES signature.'
  }
  return readField(signature) ?? 'The signature has no byte range, no contents or no time.'
}

function readField({ entries }: PdfDict): SignatureField | undefined {
  const [range, contents, time] = [entries.get('ByteRange'), entries.get('Contents'), entries.get('M')]
  if (range?.value.kind !== 'array' || contents?.value.kind !== 'hex' || time?.value.kind !== 'text') return undefined
  const { start, end } = contents
  return {
    byteRange: range.value.items.map((item) => (item.kind === 'number' ? item.number : Number.NaN)),
    contents: { start, end, digits: contents.value.digits },
    signedAt: parseTime(time.value.text),
    // The range is padded up to the next key.
    room: [{ start: range.start, end: start - '/Contents '.length }, { start, end }, time],
  }
}

function parseTime(text: string): number | undefined {
  const match = /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? undefined : time / 1_000
}

function isNamed(dict: PdfDict, key: string, name: string): boolean {
  const value = dict.entries.get(key)?.value
  return value?.kind === 'name' && value.name === name
}
