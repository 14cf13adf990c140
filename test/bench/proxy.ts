/**
 * @module `npm run bench -- proxy [throughput|latency|sink|connect|idle …] [--json] [--write]`: FlyTrap with real
 * authentication, grants and journal, beside a direct connection, nginx and HAProxy, before the same Mosquitto, in one
 * run. `--write` puts the tables into docs/proxy-speed.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { connectionRate, firstPublish, idleMemory } from './proxy/connections.ts'
import { judge, type Verdict } from './proxy/goals.ts'
import { describeMachine, missingPrograms } from './proxy/machine.ts'
import { KINDS, type Kind, type Stage, setStage } from './proxy/stage.ts'
import { intoDocument, tableOf } from './proxy/table.ts'
import { BROKER_CELLS, compare, LATENCY_CELLS, type Row, SINK_CELLS } from './proxy/throughput.ts'

const DOCUMENT = new URL('../../docs/proxy-speed.md', import.meta.url)
const log = (line: string): void => console.error(line)
const rounds = Number(process.env.FLYTRAP_BENCH_ROUNDS ?? 5)

const PARTS: Record<string, (stage: Stage, kinds: readonly Kind[]) => Promise<Row[]>> = {
  throughput: (stage, kinds) => compare(stage, BROKER_CELLS, { rounds, kinds, log }),
  latency: (stage, kinds) => compare(stage, LATENCY_CELLS, { rounds, kinds, log }),
  sink: (stage, kinds) => compare(stage, SINK_CELLS, { rounds, kinds, log }),
  connect: async (stage) => [...(await firstPublish(stage, 3)), ...(await connectionRate(stage))],
  idle: idleMemory,
}

const words = process.argv.slice(2)
const asked = words.filter((word) => !word.startsWith('--'))
const unknown = asked.find((word) => !(word in PARTS))
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}". Name none for all, or some of: ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}
const remedy = missingPrograms()
if (remedy !== undefined) {
  console.error(
    `This benchmark compiles its load generator and compares with nginx and HAProxy. Install what is missing:\n  ${remedy}`,
  )
  process.exit(1)
}

const parts = asked.length === 0 ? Object.keys(PARTS) : asked
log('Limits are raised for this load: connections, per address, rates; idle connections come from 127.0.0.2 and on.')
const rows: Record<string, Row[]> = {}
for (const part of parts) {
  const upstream = part === 'sink' ? 'sink' : 'mosquitto'
  log(`${part} …`)
  const stage = await setStage({
    logins: part === 'connect' || part === 'idle' ? 10_000 : 64,
    kinds: KINDS,
    upstreams: [upstream],
  })
  try {
    rows[part] = await PARTS[part]!(stage, KINDS)
  } finally {
    await stage.stop()
  }
  if (!words.includes('--json')) console.log(`\n${tableOf(rows[part])}\n`)
}
const verdicts = judge(Object.values(rows).flat())
if (words.includes('--json')) {
  for (const row of Object.values(rows).flat()) console.log(JSON.stringify(row))
  for (const verdict of verdicts) console.log(JSON.stringify(verdict))
} else console.log(verdictsOf(verdicts))
if (words.includes('--write')) {
  const text = intoDocument(readFileSync(DOCUMENT, 'utf8'), {
    rows,
    verdictsOf: (list) => verdictsOf(judge(list)),
    machine: describeMachine(),
  })
  writeFileSync(DOCUMENT, text)
}
process.exit(0)

function verdictsOf(list: readonly Verdict[]): string {
  const lines = list.map(({ goal, value, holds }) => `| ${goal} | ${value} | ${holds ? 'reached' : '**missed**'} |`)
  return ['| goal | measured | |', '|---|---|---|', ...lines].join('\n')
}
