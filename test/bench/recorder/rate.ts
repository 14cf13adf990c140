/** @module How many closed entries a second become durable, 256 of them waiting at any time. */
import type { Records } from '../../../records/port.ts'
import { startTestChain } from '../../support/chain.ts'
import { addTestRecorder } from '../../support/records.ts'
import { bareRowsPerSecond } from './bare-sqlite.ts'
import { type Figure, median, shown } from './figure.ts'
import { accessOfDevice } from './lone.ts'

const IN_FLIGHT = 256
const ROUNDS = 5
const FOR_MS = 2_000
const GOAL = 25_000

export async function measureRate(): Promise<Figure[]> {
  const it = await startTestChain()
  const recorder = await addTestRecorder(it)
  const records = await recorder.open({ anchorEveryMs: 3_600_000 })
  await entriesPerSecond(records, FOR_MS)
  const [bare, ours]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(bareRowsPerSecond(recorder.dir, { group: IN_FLIGHT, forMs: FOR_MS / 2 }))
    ours.push(await entriesPerSecond(records, FOR_MS))
  }
  await it.stop() // nothing is anchored here: the journal stays as it is
  await records.stop()
  return [
    {
      name: `closed entries, ${IN_FLIGHT} in flight`,
      value: median(ours),
      unit: '/s',
      comparedWith: `bare SQLite, ${IN_FLIGHT} rows a commit: ${shown(median(bare))} /s`,
      goal: { atLeast: GOAL },
    },
  ]
}

/** Each of so many asks for its next as soon as the last is durable. */
export async function entriesPerSecond({ journal }: Records, forMs: number): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async (_, i) => {
      for (; performance.now() - startedAt < forMs; count++) await journal.record(accessOfDevice(i))
    }),
  )
  return (count / (performance.now() - startedAt)) * 1_000
}
