/** @module The benchmark's rows as tables, and their place in the document. Pure. */
import { KINDS, type Kind } from './stage.ts'
import type { Row } from './throughput.ts'

export function tableOf(rows: readonly Row[]): string {
  const kinds = KINDS.filter((kind) => rows.some(({ values }) => values[kind] !== undefined))
  const head = ['what', 'unit', ...kinds]
  const lines = rows.map(({ name, unit, values }) => [name, unit, ...kinds.map((kind) => cellOf(values, kind))])
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function cellOf(values: Row['values'], kind: Kind): string {
  const value = values[kind]
  if (value === undefined) return '–'
  const shown = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 0)
  const { nginx } = values
  return nginx === undefined || kind === 'nginx' ? shown : `${shown} (${(value / nginx).toFixed(2)})`
}

interface Measured {
  rows: Record<string, readonly Row[]>
  /** What the rows of a part reach and miss. */
  verdictsOf: (rows: readonly Row[]) => string
  machine: string
}

/** Replaces what stands between `<!-- measured:NAME -->` and `<!-- end -->`, for each part that was measured. */
export function intoDocument(text: string, { rows, verdictsOf, machine }: Measured): string {
  const parts: Record<string, string> = { machine: `${machine}.` }
  for (const [name, list] of Object.entries(rows)) parts[name] = `${tableOf(list)}\n\n${verdictsOf(list)}`
  return Object.entries(parts).reduce(
    (document, [name, part]) =>
      document.replace(
        new RegExp(`(<!-- measured:${name} -->\n)[^]*?(<!-- end -->)`),
        (_, begin, end) => `${begin}${part}\n${end}`,
      ),
    text,
  )
}
