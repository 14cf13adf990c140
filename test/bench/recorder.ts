/**
 * @module `npm run bench -- recorder [lone|rate|anchor|million|check|gas …] [--json] [--write]`: from a decision to the chain,
 * each figure beside what it is compared with in the same run. `--write` puts the tables into docs/recorder-speed.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { measureAnchor } from './recorder/anchor.ts'
import { measureCheck } from './recorder/check.ts'
import { type Figure, isReached, tableOf } from './recorder/figure.ts'
import { measureGasShare } from './recorder/gas-share.ts'
import { measureLone } from './recorder/lone.ts'
import { measureMillion } from './recorder/million.ts'
import { measureRate } from './recorder/rate.ts'

const DOCUMENT = new URL('../../docs/recorder-speed.md', import.meta.url)
const PARTS: Record<string, () => Promise<Figure[]>> = {
  lone: measureLone,
  rate: measureRate,
  anchor: measureAnchor,
  million: measureMillion,
  check: measureCheck,
  gas: measureGasShare,
}

const words = process.argv.slice(2)
const asked = words.filter((word) => !word.startsWith('--'))
const unknown = asked.find((word) => !(word in PARTS))
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}". Name none for all, or some of: ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}
const tables: Record<string, string> = {}
/** Of the minute before: on a machine that others use, what they take is missing here. */
const loads: Record<string, string> = {}
for (const part of asked.length === 0 ? Object.keys(PARTS) : asked) {
  loads[part] = (loadavg()[0] ?? 0).toFixed(1)
  console.error(`${part} …`)
  const figures = await PARTS[part]!()
  tables[part] = tableOf(figures)
  if (words.includes('--json'))
    for (const figure of figures) console.log(JSON.stringify({ part, ...figure, reached: isReached(figure) }))
  else console.log(`\n${tables[part]}\n`)
}
if (words.includes('--write')) writeFileSync(DOCUMENT, intoDocument(readFileSync(DOCUMENT, 'utf8')))
process.exit(0)

/** Replaces what stands between `<!-- measured:NAME -->` and `<!-- end -->`, for each part that was measured. */
function intoDocument(text: string): string {
  const [{ model } = { model: 'unknown processor' }] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const machine = `${cpus().length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`
  const when = new Date().toISOString().slice(0, 10)
  return Object.entries(tables).reduce(
    (document, [part, table]) =>
      document.replace(
        new RegExp(`(<!-- measured:${part} -->\n)[^]*?(<!-- end -->)`),
        (_, begin, end) => `${begin}${table}\n\nMeasured on ${when}, load average ${loads[part]}: ${machine}.\n${end}`,
      ),
    text,
  )
}
