/**
 * @module How long one entry waits that nobody shares a commit with: alone, while windows close before it, while the
 * recorder works beside it, and as a login, which is three such entries one after the other.
 */
import type { Access, Records } from '../../../records/port.ts'
import { startTestChain } from '../../support/chain.ts'
import { accessOf, addTestRecorder } from '../../support/records.ts'
import { openBareCommits } from './bare-sqlite.ts'
import { type Figure, percentile, shown } from './figure.ts'

/** Short and many: what else the machine does meets all of them alike. */
const ROUNDS = 40
const ENTRIES = 50
const WARM_UP = 1_000
/** What a login may add beside its commits. */
const OWN_WORK_US = 2_000
const BESIDE_PER_SECOND = 2_000

/** As the proxy has it of a device that came with a credential. */
export const accessOfDevice = (connectionId: number): Access =>
  accessOf({
    connectionId,
    evidence: {
      clientId: `device-${connectionId}`,
      address: '192.0.2.17',
      country: 'DE',
      geoDate: '2026-06-17',
      block: { number: 4_711, hash: `0x${'5c'.repeat(32)}` },
      behind: 7,
      mqttVersion: 5,
      names: [{ name: 'home/kitchen/temperature', count: 1 }],
    },
  })
const USE = { name: 'home/kitchen/temperature', bytes: 64, qos: 1 } as const

type Case = (records: Records, i: number) => Promise<unknown>

const record: Case = ({ journal }, i) => journal.record(accessOfDevice(i))

const CASES: Record<string, Case> = {
  'a lone entry, nothing else': record,
  'a lone entry, a connection’s windows close just before': ({ journal }, i) => {
    journal.closeConnection(i - 1)
    journal.window(accessOfDevice(i), USE)
    return record({ journal } as Records, i)
  },
  'a lone entry, the recorder beside it': record,
  'a login: three entries one after the other, after the windows of the last one': async (records, i) => {
    records.journal.closeConnection(i - 1)
    await record(records, i)
    await record(records, i)
    await records.journal.window(accessOfDevice(i), USE).durable
  },
}
const BESIDE = 'the recorder beside it'

export async function measureLone(): Promise<Figure[]> {
  const it = await startTestChain()
  const recorder = await addTestRecorder(it)
  const records = await recorder.open({
    anchorEveryMs: 1_000,
    isBlockSafe: (block) => block <= it.chain.dumpedThrough(),
  })
  const commits = openBareCommits(recorder.dir)
  await timesOf(records, record, WARM_UP)
  commits(WARM_UP)
  const bare: number[] = []
  const seen = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...commits(ENTRIES))
    for (const [name, work] of Object.entries(CASES)) {
      const stopLoad = name.endsWith(BESIDE) ? loadBeside(records) : undefined
      seen.set(name, [...(seen.get(name) ?? []), ...(await timesOf(records, work, ENTRIES))])
      stopLoad?.()
    }
  }
  await records.stop()
  await it.stop()
  return [...seen].flatMap(([name, rounds]) => figuresOf(name, rounds, bare))
}

async function timesOf(records: Records, work: Case, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    await work(records, ++connection)
    times.push((performance.now() - startedAt) * 1_000)
  }
  return times
}
let connection = 0

/** Entries that nobody waits for, so that there are batches to build, copy, send and forget. */
function loadBeside({ journal }: Records): () => void {
  const every = 100
  const timer = setInterval(() => {
    for (let i = 0; i < (BESIDE_PER_SECOND * every) / 1_000; i++) void journal.record(accessOfDevice(i))
  }, every)
  return () => clearInterval(timer)
}

function figuresOf(name: string, times: readonly number[], bare: readonly number[]): Figure[] {
  return [0.5, 0.99].map((share) => {
    const [value, commit] = [percentile(times, share), percentile(bare, share)]
    const isLogin = name.startsWith('a login')
    const goal = { atMost: isLogin ? OWN_WORK_US + 3 * commit : 3 * commit }
    return {
      name: `${name}, p${share * 100}`,
      value,
      unit: 'µs',
      comparedWith: `a bare commit ${shown(commit)} µs, so ${(value / commit).toFixed(1)} of them`,
      ...(share === 0.5 && isLogin ? {} : { goal }),
    }
  })
}
