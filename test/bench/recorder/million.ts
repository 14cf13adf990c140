/**
 * @module A million entries that nobody anchored: what they take of memory while they come, and how long after a kill the
 * first CONNECT waits. The recorder runs in a process of its own, `records-process.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { startTestChain } from '../../support/chain.ts'
import { addTestRecorder, type TestRecorder } from '../../support/records.ts'
import { residentBytes } from '../proxy/machine.ts'
import { type Figure, shown } from './figure.ts'

const ENTRIES = 1_000_000
const STEPS = 10
const MIB = 2 ** 20
/** Flat: what a heap that has grown to its size still moves. */
const FLAT_MIB = 32
const FIRST_CONNECT_MS = 2_000

export async function measureMillion(): Promise<Figure[]> {
  const it = await startTestChain()
  const [full, empty] = [await addTestRecorder(it), await addTestRecorder(it)]
  const writer = await startProcess(full, { anchorEveryMs: 3_600_000 })
  const [used, resident]: [number[], number[]] = [[], []]
  const startedAt = performance.now()
  for (let step = 0; step < STEPS; step++) {
    used.push((await ask(writer.child, ENTRIES / STEPS)) / MIB)
    resident.push(residentBytes(writer.child.pid ?? 0) / MIB)
  }
  const perSecond = (ENTRIES / (performance.now() - startedAt)) * 1_000
  await kill(writer.child)
  const rows = statSync(full.options.journalPath).size / MIB
  const nothing = await restart(empty)
  const million = await restart(full)
  await it.stop()
  return [
    {
      name: `memory in use that grows from ${shown(ENTRIES / STEPS)} to ${shown(ENTRIES)} entries, garbage collected`,
      value: (used.at(-1) ?? 0) - (used[0] ?? 0),
      unit: 'MiB',
      comparedWith: `in use at each tenth: ${inWords(used)} MiB; ${shown(perSecond)} entries/s`,
      goal: { atMost: FLAT_MIB },
    },
    {
      name: `resident memory that grows in the second half`,
      value: (resident.at(-1) ?? 0) - (resident[STEPS / 2 - 1] ?? 0),
      unit: 'MiB',
      comparedWith: `resident at each tenth: ${inWords(resident)} MiB`,
      goal: { atMost: FLAT_MIB },
    },
    {
      name: `killed and started with ${shown(ENTRIES)} journal rows: until the first CONNECT is allowed`,
      value: million.ms,
      unit: 'ms',
      comparedWith: `an empty journal: ${shown(nothing.ms)} ms; the file has ${shown(rows)} MiB`,
      goal: { atMost: FIRST_CONNECT_MS },
    },
    {
      name: 'the slowest of 100 CONNECTs, ten a second, after that start',
      value: million.slowestMs,
      unit: 'ms',
      comparedWith: `an empty journal: ${shown(nothing.slowestMs)} ms`,
    },
  ]
}

const inWords = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(', ')

/** The recorder goes to work on what waits while the first devices come back. */
async function restart(recorder: TestRecorder): Promise<{ ms: number; slowestMs: number }> {
  const started = await startProcess(recorder, { anchorEveryMs: 10_000 })
  const slowestMs = await ask(started.child, 'pace')
  await kill(started.child)
  return { ms: started.firstMs, slowestMs }
}

async function startProcess({ options }: TestRecorder, more: { anchorEveryMs: number }) {
  const { log: _log, deployment, ...rest } = options
  const plain = { ...rest, ...more, deployment: { ...deployment, chainId: deployment.chainId.toString() } }
  const child = fork(join(import.meta.dirname, 'records-process.ts'), [JSON.stringify(plain)], {
    execArgv: ['--expose-gc'],
  })
  const [firstMs] = (await once(child, 'message')) as [number]
  return { child, firstMs }
}

async function ask(child: ChildProcess, what: number | 'pace'): Promise<number> {
  child.send(what)
  const [answer] = (await once(child, 'message')) as [number]
  return answer
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
