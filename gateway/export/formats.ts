/** @module Rows as text: CSV (RFC 4180) that no spreadsheet takes for a formula, or JSON Lines. Pure. */

export type Row = Readonly<Record<string, unknown>>

export interface Format {
  type: string
  head(columns: readonly string[]): string
  line(row: Row, columns: readonly string[]): string
}

export const FORMATS: Readonly<Record<string, Format>> = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: (columns) => csvLine(columns),
    line: (row, columns) => csvLine(columns.map((column) => valueAt(row, column))),
  },
  jsonl: {
    type: 'application/jsonl; charset=utf-8',
    head: () => '',
    line: (row, columns) =>
      `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, valueAt(row, column)])))}\n`,
  },
}

/** Returns null for what lies below nothing. */
function valueAt(row: Row, column: string): unknown {
  let value: unknown = row
  for (const key of column.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key]
  return value ?? null
}

const csvLine = (values: readonly unknown[]): string => `${values.map(csvCell).join(',')}\r\n`

function csvCell(value: unknown): string {
  if (value === null) return ''
  const text = typeof value === 'string' ? harmless(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Spreadsheets run what begins so; they hide the apostrophe. */
const harmless = (text: string): string => (/^[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text)
