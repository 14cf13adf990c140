/** @module What a run of the faults showed, as the table of docs/faults.md. A fault that this run left out keeps its row. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../cli/home/files.ts'
import type { Outcome } from './fault.ts'

const DOCS = join(import.meta.dirname, '../../docs/faults.md')
const HEAD = [
  '| Fault | Times | Accesses | Lost | Doubled | Unrecorded | Serves again after (s): median, most | All final after (s) |',
  '|---|---|---|---|---|---|---|---|',
]

export const showTable = (outcomes: readonly Outcome[]): string => [...HEAD, ...outcomes.map(rowOf)].join('\n')

function rowOf({ fault, times, accesses, lost, doubled, unrecorded, other, serves, final }: Outcome): string {
  const sorted = serves.toSorted((a, b) => a - b)
  const [median = 0, most = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  const name = other.length === 0 ? fault : `${fault} (**${other.length} other findings**)`
  const cells = [name, times, accesses, lost, doubled, unrecorded]
  return `| ${cells.join(' | ')} | ${median.toFixed(2)}, ${most.toFixed(2)} | ${final.toFixed(1)} |`
}

const nameOf = (row: string): string =>
  row
    .split(' | ')[0]
    ?.replace(/^\| /, '')
    .replace(/ \(\*\*.*/, '') ?? ''

/** Replaces the rows of these faults, and leaves the words around the table as they are. */
export function writeTable(outcomes: readonly Outcome[]): void {
  const lines = readFileSync(DOCS, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.startsWith('| Fault '))
  const end = lines.findIndex((line, i) => i > at && !line.startsWith('|'))
  const rows = new Map(lines.slice(at + HEAD.length, end).map((row) => [nameOf(row), row]))
  for (const outcome of outcomes) rows.set(outcome.fault, rowOf(outcome))
  writeWhole(DOCS, [...lines.slice(0, at), ...HEAD, ...rows.values(), ...lines.slice(end)].join('\n'))
}
