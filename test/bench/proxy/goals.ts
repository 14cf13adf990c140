/** @module What the proxy is to reach, held against what was measured. Pure. */
import type { Row } from './throughput.ts'

export interface Verdict {
  goal: string
  value: string
  holds: boolean
}

interface Goal {
  row: string
  /** At least, or at most, so many times nginx's. */
  atLeast?: number
  atMost?: number
}

const RATIOS: readonly Goal[] = [
  { row: 'QoS 0, 64 B', atLeast: 1.2 },
  { row: 'QoS 1, 64 B', atLeast: 1.1 },
  { row: 'QoS 0, 64 B: processor', atMost: 0.7 },
  { row: 'QoS 1, 64 B: processor', atMost: 0.7 },
  { row: 'latency QoS 0 p50', atMost: 1.3 },
  { row: 'latency QoS 0 p99', atMost: 2 },
  { row: 'latency QoS 1 p50', atMost: 1.3 },
  { row: 'latency QoS 1 p99', atMost: 2 },
  { row: 'into a sink, QoS 0, 64 B', atLeast: 0.45 },
  { row: 'into a sink, QoS 0, 1 KiB', atLeast: 0.55 },
]
const IDLE_BYTES = 40_000
const ADDED_US = 2_000

export function judge(rows: readonly Row[]): Verdict[] {
  return [...RATIOS.flatMap((goal) => ratio(rows, goal)), ...addedByLogin(rows), ...absolute(rows)]
}

function ratio(rows: readonly Row[], { row, atLeast, atMost }: Goal): Verdict[] {
  const values = rows.find(({ name }) => name === row)?.values
  if (values?.flytrap === undefined || values.nginx === undefined) return []
  const value = values.flytrap / values.nginx
  const holds = atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
  return [{ goal: `${row} ${bound} × nginx`, value: value.toFixed(2), holds }]
}

/** The rest of the way is nginx's: what FlyTrap adds is its own work and the three commits. */
function addedByLogin(rows: readonly Row[]): Verdict[] {
  const p99 = rows.find(({ name }) => name.endsWith('first PUBLISH p99'))?.values
  const commit = rows.find(({ name }) => name.startsWith('one bare SQLite commit'))?.values.direct
  if (p99?.flytrap === undefined || p99.direct === undefined || commit === undefined) return []
  const added = p99.flytrap - p99.direct
  const bound = ADDED_US + 3 * commit
  const goal = 'CONNECT + SUBSCRIBE + first PUBLISH adds ≤ 2 ms + three bare commits, p99'
  return [{ goal, value: `${added.toFixed(0)} µs of ${bound.toFixed(0)} µs`, holds: added <= bound }]
}

function absolute(rows: readonly Row[]): Verdict[] {
  const measured = (start: string): number | undefined =>
    rows.find(({ name }) => name.startsWith(start))?.values.flytrap
  const [idle, rate] = [measured('memory an idle connection'), measured('new connections a second')]
  return [
    ...(idle === undefined
      ? []
      : [
          {
            goal: '10,000 idle connections (as many as open files allow) ≤ 40 kB each',
            value: `${(idle / 1_000).toFixed(1)} kB`,
            holds: idle <= IDLE_BYTES,
          },
        ]),
    ...(rate === undefined
      ? []
      : [{ goal: '1,000 new authenticated connections a second', value: `${rate.toFixed(0)} /s`, holds: rate >= 990 }]),
  ]
}
