/**
 * @module `npm run bench -- engine [--json] [--million] [--write]`: our engine beside the real Graph Node on one chain, in
 * events a second and memory. `--million` indexes 1,000,000 records with the engine alone, which takes minutes; `--write`
 * puts what was measured into docs/engine-speed.md.
 */
import { writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { findGraphNode } from '../support/graph-node.ts'
import { findPostgres } from '../support/postgres.ts'
import { startRecordedWorld } from './engine/chain.ts'
import { type Indexed, measureEngine, measureGraphNode } from './engine/measure.ts'

interface Figure {
  name: string
  value: number
  unit: string
  comparedWith: string
}

const RECORDS = Number(process.env.FLYTRAP_BENCH_RECORDS ?? 30_000)
const MILLION = Number(process.env.FLYTRAP_BENCH_MILLION ?? 1_000_000)
const figures: Figure[] = []
const add = (name: string, value: number, unit: string, comparedWith: string): void => {
  figures.push({ name, value: Math.round(value * 100) / 100, unit, comparedWith })
}

const recorded = await startRecordedWorld()
try {
  await recorded.write(RECORDS)
  await compare()
  if (process.argv.includes('--million')) await million()
} finally {
  recorded.world.stop()
}
if (process.argv.includes('--json')) for (const figure of figures) console.log(JSON.stringify(figure))
else
  for (const { name, value, unit, comparedWith } of figures) console.log(`${name}: ${value} ${unit}  (${comparedWith})`)
if (process.argv.includes('--write')) {
  writeFileSync(join(import.meta.dirname, '../../docs/engine-speed.md'), page(figures))
}
process.exit(0)

async function compare(): Promise<void> {
  const engine = await measureEngine(recorded)
  if (engine.records !== RECORDS) throw new Error(`the engine holds ${engine.records} records of ${RECORDS}`)
  add('engine, events a second', engine.perSecond, '/s', `${RECORDS} records, from an empty file`)
  add('engine, peak memory', engine.peakMb, 'MB', 'goal: at most 200')
  const [graphNode, postgres] = [findGraphNode(), findPostgres()]
  if (graphNode === undefined || postgres === undefined) return
  const theirs = await measureGraphNode(recorded, { graphNode, postgres }, RECORDS)
  add('Graph Node, events a second', theirs.perSecond, '/s', `the last ${theirs.records} records of the same chain`)
  add('Graph Node, peak memory', theirs.peakMb, 'MB', 'without its PostgreSQL')
  add('engine / Graph Node', engine.perSecond / theirs.perSecond, 'times', 'goal: at least 4')
}

async function million(): Promise<void> {
  const onProgress = (written: number): void => {
    if (written % 50_000 < 500) process.stderr.write(`\r${written} of ${MILLION} records written `)
  }
  await recorded.write(MILLION - RECORDS, onProgress)
  process.stderr.write('\nindexing …\n')
  const engine: Indexed = await measureEngine(recorded)
  if (engine.records !== MILLION) throw new Error(`the engine holds ${engine.records} records of ${MILLION}`)
  add('engine, a million records', engine.seconds, 's', `${engine.records} records`)
  add('engine, a million records, events a second', engine.perSecond, '/s', 'on average')
  add('engine, a million records, processor time', engine.cpuSeconds ?? 0, 's', 'of all its threads')
  add('engine, a million records, peak memory', engine.peakMb, 'MB', 'goal: at most 200')
  add('engine, a million records, on disk', engine.mb ?? 0, 'MB', '')
}

function page(list: readonly Figure[]): string {
  const rows = list.map(({ name, value, unit, comparedWith }) => `| ${name} | ${value} ${unit} | ${comparedWith} |`)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}, Node ${process.version}`
  return `# How fast the history is made

Made by \`npm run bench -- engine --million --write\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}.

Load average over the last 15 minutes: ${loadavg()[2]?.toFixed(1)}, on ${cpus().length} processors: above their number, wall times tell of others too.

Both index the same chain (anvil on the same machine, ${RECORDS} records in batches of 500, a batch a block), one after the
other, each from nothing. Graph Node's start is not counted; the engine's is. The engine keeps SQLite files in its own
process; Graph Node has a PostgreSQL beside it, from npm with its defaults.

| | Measured | |
|---|---|---|
${rows.join('\n')}
`
}
