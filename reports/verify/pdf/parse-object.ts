/**
 * @module One PDF object at one place (ISO 32000-1 section 7.3). The text is its sender's: every step is bounded, and what
 * is no object is undefined.
 */

/** Dictionary entries keep where their value stands, so that a signature's room can be told from the rest. */
export type PdfDict = { kind: 'dict'; entries: Map<string, PdfEntry> }
export interface PdfEntry {
  value: PdfValue
  start: number
  end: number
}
export type PdfValue =
  | PdfDict
  | { kind: 'array'; items: PdfValue[] }
  | { kind: 'name'; name: string }
  | { kind: 'text'; text: string }
  | { kind: 'hex'; digits: string }
  | { kind: 'number'; number: number }
  | { kind: 'ref'; id: number }
  | { kind: 'word'; word: string }

export interface Parsed {
  value: PdfValue
  end: number
}

const MAX_DEPTH = 32
const SPACE = /[\0\t\n\f\r ]*/y
const REF = /(\d{1,10}) 0 R(?![A-Za-z0-9])/y
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)/y
const NAME = /\/([^\0\t\n\f\r ()<>[\]{}/%]*)/y
const HEX = /<([0-9a-fA-F]*)>/y
const WORD = /true|false|null/y

export function parseObject(text: string, at: number, depth = 0): Parsed | undefined {
  if (depth > MAX_DEPTH) return undefined
  const start = skipSpace(text, at)
  if (text.startsWith('<<', start)) return parseDict(text, start + 2, depth)
  if (text[start] === '[') return parseArray(text, start + 1, depth)
  if (text[start] === '(') return parseText(text, start)
  return parseAtom(text, start)
}

export function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at
  SPACE.exec(text)
  return SPACE.lastIndex
}

function parseAtom(text: string, at: number): Parsed | undefined {
  const atoms: [RegExp, (match: string) => PdfValue][] = [
    [REF, (id) => ({ kind: 'ref', id: Number(id) })],
    [NUMBER, (number) => ({ kind: 'number', number: Number(number) })],
    [NAME, (name) => ({ kind: 'name', name })],
    [HEX, (digits) => ({ kind: 'hex', digits })],
    [WORD, (word) => ({ kind: 'word', word })],
  ]
  for (const [pattern, make] of atoms) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) return { value: make(match[1] ?? match[0]), end: pattern.lastIndex }
  }
  return undefined
}

function parseDict(text: string, at: number, depth: number): Parsed | undefined {
  const entries = new Map<string, PdfEntry>()
  for (let place = skipSpace(text, at); ; ) {
    if (text.startsWith('>>', place)) return { value: { kind: 'dict', entries }, end: place + 2 }
    const key = parseAtom(text, place)
    if (key?.value.kind !== 'name' || entries.has(key.value.name)) return undefined // twice: readers would differ
    const start = skipSpace(text, key.end)
    const value = parseObject(text, start, depth + 1)
    if (value === undefined) return undefined
    entries.set(key.value.name, { value: value.value, start, end: value.end })
    place = skipSpace(text, value.end)
  }
}

function parseArray(text: string, at: number, depth: number): Parsed | undefined {
  const items: PdfValue[] = []
  for (let place = skipSpace(text, at); ; ) {
    if (text[place] === ']') return { value: { kind: 'array', items }, end: place + 1 }
    const item = parseObject(text, place, depth + 1)
    if (item === undefined) return undefined
    items.push(item.value)
    place = skipSpace(text, item.end)
  }
}

/** Escapes are kept as they are written: no text that is looked at here has any. */
function parseText(text: string, at: number): Parsed | undefined {
  let depth = 0
  for (let place = at; place < text.length; place++) {
    const character = text[place]
    if (character === '\\') place++
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) {
      return { value: { kind: 'text', text: text.slice(at + 1, place) }, end: place + 1 }
    }
  }
  return undefined
}
