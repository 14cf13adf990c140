/**
 * @module `npm run bench -- gateway [--json] [--write]`: what a page of 20 access records costs beside bare Apollo on fastify,
 * how answers last as the history grows, in the past, and with 100 clients at once. `--write` puts it into
 * docs/gateway-speed.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { writeHistory } from './gateway/history.ts'
import { type Asked, type Load, load, startServer } from './gateway/load.ts'

interface Figure {
  name: string
  value: number
  unit: string
  goal?: { atMost: number }
}

const MILLION = Number(process.env.FLYTRAP_BENCH_MILLION ?? 1_000_000)
const SMALL = 10_000
const ROUNDS = 3
const REQUESTS = 600
const PAGE = `query($first: Int, $asOf: A) { accessRecords(first: $first, asOf: $asOf) { nodes {
  id who { address } what { filter } action outcome denialReason when { first last count }
  why { id lawfulBasis } proof { sequence transaction } } pageInfo { hasNextPage endCursor } } }`
const page = (variables: object): Asked => ({
  query: PAGE.replace('$asOf: A)', '$asOf: AsOf)'),
  variables: { first: 20, ...variables },
})
const floorPage: Asked = { query: PAGE, variables: { first: 20 } }

/** Sampled apart from the measuring, which it would slow down. */
const WHERE_IT_GOES = `## Where the time goes

Of the gateway's processor time, sampled by \`node --cpu-prof\` under the same load on 2026-11-27:

| share | what |
|---|---|
| 31 % | graphql-js completes 20 rows of 18 fields |
| 28 % | the answer becomes JSON (7) and goes to the socket (22) |
| 20 % | fastify (4), Apollo (5), Node's HTTP (5), garbage (4), the rest (2) |
| 9 % | SQLite finds and reads 21 rows |
| 8 % | each row's topic and grant, found in the engine's memory as of their block |
| 4 % | times and addresses spelled, limits, rate limit, security headers, the request's context |

The first three are the floor's as well, so the gateway's own work is the last three: a fifth. Half of what SQLite takes are the
strings and numbers of the rows, which any reader needs. The floor asks Apollo's cache control about each field, a tenth of its time;
the gateway has that off, since no answer of it is for a cache, and so pays for half of its own work.

With \`NODE_ENV=production\` graphql-js checks less, by which the floor gains more than the gateway: 485 and 602 µs on that day,
1.24 times. Neither sets it here.
`

const dir = mkdtempSync(join(tmpdir(), 'flytrap-bench-'))
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}, Node ${process.version}, load average before: ${loadavg()[0]?.toFixed(1)}`
const figures: Figure[] = []
try {
  await measure()
} finally {
  rmSync(dir, { recursive: true, force: true })
}
if (process.argv.includes('--json')) for (const figure of figures) console.log(JSON.stringify(figure))
else
  for (const { name, value, unit, goal } of figures)
    console.log(`${name}: ${value} ${unit}${goal ? `  (goal: at most ${goal.atMost})` : ''}`)
if (process.argv.includes('--write'))
  writeFileSync(join(import.meta.dirname, '../../docs/gateway-speed.md'), document())

async function measure(): Promise<void> {
  const [small, large] = [join(dir, 'small.sqlite'), join(dir, 'large.sqlite')]
  process.stderr.write(`writing ${SMALL} and ${MILLION} records …\n`)
  writeHistory(small, SMALL)
  writeHistory(large, MILLION)
  const servers = {
    floor: await startServer('floor'),
    small: await startServer('gateway', small),
    large: await startServer('gateway', large),
  }
  const blocks = Math.floor(MILLION / 500)
  const past = page({ asOf: { block: String(Math.floor(blocks / 2)) } })
  const head = page({})
  const anywhere = (): Asked => page({ asOf: { block: String(2 + Math.floor(Math.random() * blocks)) } })
  const rounds: Record<'floor' | 'small' | 'large' | 'past' | 'anywhere', Load[]> = {
    floor: [],
    small: [],
    large: [],
    past: [],
    anywhere: [],
  }
  const one = { requests: REQUESTS, clients: 4 }
  for (const server of Object.values(servers))
    await load(server, () => (server === servers.floor ? floorPage : head), one) // warm
  for (let round = 0; round < ROUNDS; round++) {
    // In turn, so that what disturbs the machine disturbs all.
    rounds.floor.push(await load(servers.floor, () => floorPage, one))
    rounds.small.push(await load(servers.small, () => head, one))
    rounds.large.push(await load(servers.large, () => head, one))
    rounds.past.push(await load(servers.large, () => past, one))
    rounds.anywhere.push(await load(servers.large, anywhere, one))
  }
  const crowd = await load(servers.large, () => head, { requests: 2_000, clients: 100 })
  for (const server of Object.values(servers)) server.stop()
  const of = (list: readonly Load[], key: keyof Load): number =>
    list.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0
  add('floor: processor a request', of(rounds.floor, 'cpu'), 'µs')
  add('gateway: processor a request, 20 rows of 1,000,000', of(rounds.large, 'cpu'), 'µs')
  add('gateway / floor, processor', of(rounds.large, 'cpu') / of(rounds.floor, 'cpu'), 'times', 1.3)
  add(
    'another block’s page each time / floor, processor',
    of(rounds.anywhere, 'cpu') / of(rounds.floor, 'cpu'),
    'times',
  )
  add(`p99 at ${SMALL} records`, of(rounds.small, 'p99'), 'ms')
  add(`p99 at ${MILLION} records`, of(rounds.large, 'p99'), 'ms')
  add('p99, large / small', of(rounds.large, 'p99') / of(rounds.small, 'p99'), 'times', 1.5)
  add('asOf a past block / head, processor', of(rounds.past, 'cpu') / of(rounds.large, 'cpu'), 'times', 2)
  add('asOf a past block / head, p50', of(rounds.past, 'p50') / of(rounds.large, 'p50'), 'times', 2)
  const errors = [...Object.values(rounds).flat()].reduce((sum, one) => sum + one.errors, 0)
  add('100 clients at once: errors', crowd.errors + errors, '', 0)
  add('100 clients at once: p99', crowd.p99, 'ms')
}

function add(name: string, value: number, unit: string, atMost?: number): void {
  figures.push({
    name,
    value: Math.round(value * 100) / 100,
    unit,
    ...(atMost === undefined ? {} : { goal: { atMost } }),
  })
}

function document(): string {
  const rows = figures.map(({ name, value, unit, goal }) => {
    const verdict = goal === undefined ? '' : `at most ${goal.atMost}: ${value <= goal.atMost ? 'reached' : 'missed'}`
    return `| ${name} | ${value} ${unit} | ${verdict} |`
  })
  return `# How fast the gateway answers

Made by \`npm run bench -- gateway --write\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}.

The floor is Apollo Server on fastify as they come, over 20 rows in memory: the same query, the same shape of answer, no limits,
no database. The gateway reads SQLite, checks every limit, and says who, what, when and why of each row. Medians of ${ROUNDS}
rounds of ${REQUESTS} requests by 4 clients, in turn; client and servers share the machine.

| what | measured | goal |
|---|---|---|
${rows.join('\n')}

${WHERE_IT_GOES}`
}
