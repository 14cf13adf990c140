/** @module Messages a second, latency, and what one message costs, through each in turn, round by round; medians. */
import { median, processorTime } from './machine.ts'
import { KINDS, type Kind, type Stage, type Upstream } from './stage.ts'

export interface Cell {
  name: string
  upstream: Upstream
  args: string
  /** What the load generator prints. */
  unit: 'msg/s' | 'µs p50, p99'
  messages: number
}

const thr = (name: string, args: string, messages: number, upstream: Upstream = 'mosquitto'): Cell => {
  return { name, upstream, args: `throughput ${args}`, unit: 'msg/s', messages }
}
const lat = (name: string, args: string): Cell => {
  return { name, upstream: 'mosquitto', args: `latency ${args}`, unit: 'µs p50, p99', messages: 0 }
}

export const BROKER_CELLS: readonly Cell[] = [
  thr('QoS 0, 64 B', '-q 0 -s 64 -n 200000', 200_000),
  thr('QoS 0, 1 KiB', '-q 0 -s 1024 -n 100000', 100_000),
  thr('QoS 1, 64 B', '-q 1 -s 64 -n 80000', 80_000),
  thr('QoS 1, 64 B, 20 + 20 connections', '-q 1 -s 64 -n 4000 -P 20 -S 20 -w 500', 80_000),
]
export const LATENCY_CELLS: readonly Cell[] = [
  lat('latency QoS 0', '-q 0 -s 64 -n 4000'),
  lat('latency QoS 1', '-q 1 -s 64 -n 3000'),
]
export const SINK_CELLS: readonly Cell[] = [
  thr('into a sink, QoS 0, 64 B', '-S 0 -q 0 -s 64 -n 4000000', 4_000_000, 'sink'),
  thr('into a sink, QoS 0, 1 KiB', '-S 0 -q 0 -s 1024 -n 1000000', 1_000_000, 'sink'),
  thr('into a sink, QoS 1, 64 B', '-S 0 -q 1 -s 64 -n 1500000', 1_500_000, 'sink'),
]

export interface Row {
  name: string
  unit: string
  values: Partial<Record<Kind, number>>
}

export async function compare(
  stage: Stage,
  cells: readonly Cell[],
  { rounds, kinds = KINDS, log }: { rounds: number; kinds?: readonly Kind[]; log: (line: string) => void },
): Promise<Row[]> {
  const seen = new Map<string, number[]>()
  const note = (row: string, kind: Kind, value: number): void => {
    const key = `${row}|${kind}`
    seen.set(key, [...(seen.get(key) ?? []), value])
  }
  // The first round warms up and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const cell of cells) {
      for (const i of kinds.keys()) {
        const kind = kinds[(i + Math.max(round, 0)) % kinds.length]!
        const pid = stage.pid(kind, cell.upstream)
        const before = pid === undefined ? 0 : processorTime(pid)
        const [first = 0, second = 0] = await stage.load(kind, cell.upstream, cell.args)
        if (round < 0) continue
        if (cell.unit === 'msg/s') {
          note(`${cell.name}|msg/s`, kind, first)
          if (pid !== undefined)
            note(`${cell.name}: processor|µs a message`, kind, (processorTime(pid) - before) / cell.messages)
        } else {
          note(`${cell.name} p50|µs`, kind, first)
          note(`${cell.name} p99|µs`, kind, second)
        }
      }
    }
    if (round >= 0) log(`round ${round + 1} of ${rounds}`)
  }
  const rows = new Map<string, Row>()
  for (const [key, values] of seen) {
    const [name = '', unit = '', kind = ''] = key.split('|')
    const row = rows.get(name) ?? { name, unit, values: {} }
    row.values[kind as Kind] = median(values)
    rows.set(name, row)
  }
  return [...rows.values()]
}
