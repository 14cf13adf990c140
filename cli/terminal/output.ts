/**
 * @module What people see. Nothing that came from a network reaches the terminal as it is: control characters, escapes
 * and marks that turn text around are shown, not obeyed.
 */
import Table from 'cli-table3'
import colors from 'picocolors'
import { hideMoving } from './moving-line.ts'

export interface Output {
  readonly json: boolean
  /** For people; silent with --json. */
  line(text?: string): void
  table(head: readonly string[], rows: readonly (readonly string[])[]): void
  /** For programs: one JSON object a line, only with --json. */
  result(value: object): void
}

export function createOutput({
  json,
  stream = process.stdout,
}: {
  json: boolean
  stream?: NodeJS.WriteStream
}): Output {
  const write = (text: string): void => {
    hideMoving()
    stream.write(`${text}\n`)
  }
  return {
    json,
    line: (text = '') => {
      if (!json) write(text)
    },
    table: (head, rows) => {
      if (!json) write(drawTable(head, rows))
    },
    result: (value) => {
      if (json) write(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v)))
    },
  }
}

export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' }
  const chars = { ...none, 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' }
  const table = new Table({
    head: head.map((text) => colors.dim(text)),
    chars: { ...chars, right: '', 'right-mid': '', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  for (const row of rows) table.push(row.map(visible))
  return table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}

/** Shows control characters, bidi marks and other invisible ones as \u{…}. Colours of ours come after this. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}

/** Breaks text between words, each further line indented. */
export function wrapped(text: string, indent: string, width = Math.min(process.stdout.columns || 100, 100)): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent.length + line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${indent}`)
}

export const shortHex = (hex: string): string => (hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex)

/** Returns the argument as a shell takes it, so that every hint can be pasted; what a terminal would obey is escaped. */
export function quoted(text: string): string {
  if (/^[\w./:@-]+$/.test(text)) return text
  if (visible(text) === text) return `'${text.replaceAll("'", "'\\''")}'`
  const escaped = [...text].map((c) => (visible(c) === c ? c.replace(/['\\]/, '\\$&') : bashEscape(c)))
  return `$'${escaped.join('')}'`
}

const bashEscape = (c: string): string => `\\U${(c.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
