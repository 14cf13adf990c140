/** @module What a connection costs: to open, to hold, and how many a second can be opened. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { fileLimit, median, processorTime, residentBytes } from './machine.ts'
import { KINDS, type Stage } from './stage.ts'
import type { Row } from './throughput.ts'

const FIRST = 400
const COMMITS = 1_000
/** As many as the open files allow: each connection takes two of the proxy's. */
const IDLE = Math.min(10_000, Math.floor((fileLimit() - 500) / 2))
const PER_SECOND = 1_000
const SECONDS = 10

/** CONNECT, SUBSCRIBE and first PUBLISH: three records, each durable before its packet moves. */
export async function firstPublish(stage: Stage, rounds: number): Promise<Row[]> {
  const kinds = KINDS.filter((kind) => kind !== 'flytrap, no rest')
  const rows: Row[] = [
    { name: 'CONNECT + SUBSCRIBE + first PUBLISH p50', unit: 'µs', values: {} },
    { name: 'CONNECT + SUBSCRIBE + first PUBLISH p99', unit: 'µs', values: {} },
  ]
  const commits: number[] = []
  const seen = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    commits.push(commitP99(stage.dir, round))
    for (const kind of kinds) {
      const values = await stage.load(kind, 'mosquitto', `first -n ${FIRST}`)
      for (const i of rows.keys()) seen.set(`${i}${kind}`, [...(seen.get(`${i}${kind}`) ?? []), values[i] ?? 0])
    }
  }
  for (const [i, row] of rows.entries())
    for (const kind of kinds) row.values[kind] = median(seen.get(`${i}${kind}`) ?? [])
  rows.push({
    name: 'one bare SQLite commit p99 (WAL, synchronous=FULL)',
    unit: 'µs',
    values: { direct: median(commits) },
  })
  return rows
}

/** One row a commit, as the journal does it, on the disk that the journal is on. */
function commitP99(dir: string, round: number): number {
  const sqlite = new Database(join(dir, `commits-${round}.sqlite`))
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)')
  const insert = sqlite.prepare('INSERT INTO entry (text) VALUES (?)')
  const us: number[] = []
  for (let i = 0; i < COMMITS; i++) {
    const startedAt = performance.now()
    insert.run('x'.repeat(400))
    us.push((performance.now() - startedAt) * 1_000)
  }
  sqlite.close()
  return us.sort((a, b) => a - b)[Math.floor(COMMITS * 0.99)] ?? 0
}

/** New authenticated connections, each its own client id and credential. */
export async function connectionRate(stage: Stage): Promise<Row[]> {
  const pid = stage.pid('flytrap', 'mosquitto') ?? 0
  const before = processorTime(pid)
  const count = PER_SECOND * SECONDS
  const [held = 0, p50 = 0, p99 = 0] = await stage.load('flytrap', 'mosquitto', `rate -n ${count} -r ${PER_SECOND}`)
  const processor = (processorTime(pid) - before) / count
  return [
    {
      name: `new connections a second, ${PER_SECOND} asked for during ${SECONDS} s`,
      unit: '/s',
      values: { flytrap: held },
    },
    { name: 'to CONNACK at that pace p50', unit: 'µs', values: { flytrap: p50 } },
    { name: 'to CONNACK at that pace p99', unit: 'µs', values: { flytrap: p99 } },
    { name: 'processor time a connection', unit: 'µs', values: { flytrap: processor } },
  ]
}

export async function idleMemory(stage: Stage): Promise<Row[]> {
  const row: Row = { name: `memory an idle connection, ${IDLE} held`, unit: 'bytes', values: {} }
  for (const kind of ['nginx', 'flytrap'] as const) {
    const pid = stage.pid(kind, 'mosquitto') ?? 0
    const resident = async (): Promise<number> => {
      if (kind === 'nginx') return residentBytes(pid) + childBytes(pid)
      process.kill(pid, 'SIGUSR2')
      await sleep(1_500)
      return residentBytes(pid)
    }
    const before = await resident()
    const held = stage.startLoad(kind, 'mosquitto', `idle -n ${IDLE}`)
    await held.firstLine
    await sleep(11_000) // timers of the login have ended
    row.values[kind] = ((await resident()) - before) / IDLE
    held.child.stdin?.end()
    await held.stop()
    await sleep(500)
  }
  return [row]
}

function childBytes(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + residentBytes(Number(child)), 0)
}
