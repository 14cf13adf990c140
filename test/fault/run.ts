/**
 * @module `npm run fault -- [--minutes N] [--streams N] [--write] [NAME …]`: each fault again and again for so many minutes,
 * a NAME being a group or part of a fault's name. With --write its rows go into docs/faults.md.
 */
import { parseArgs } from 'node:util'
import { startTestChain } from '../support/chain.ts'
import { type Fault, isClean, type Outcome, runFault } from './fault.ts'
import { chainFaults } from './faults/chain.ts'
import { clockFaults, diskFaults } from './faults/disk.ts'
import { kills } from './faults/kills.ts'
import { canInterpose } from './interpose.ts'
import { showTable, writeTable } from './table.ts'
import { runUpKills, UP_KILLED } from './up-kills.ts'

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    streams: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const deadline = performance.now() + Number(values.minutes) * 60_000
const all = [...kills, ...chainFaults, ...(canInterpose() ? [...diskFaults, ...clockFaults] : [])]
const isWanted = ({ name, group }: Pick<Fault, 'name' | 'group'>): boolean =>
  positionals.length === 0 || positionals.some((word) => group === word || name.includes(word))
const wanted = all.filter(isWanted)
const isUpWanted = isWanted({ name: UP_KILLED, group: 'up' })
if (wanted.length === 0 && !isUpWanted) {
  console.error(`There is no such fault. Name a group: ${[...new Set(all.map(({ group }) => group)), 'up'].join(', ')}`)
  process.exit(2)
}

const outcomes = new Map<string, Outcome>()
const failures: string[] = []

/** One stage after the other; the faults take turns. */
async function stream(offset: number): Promise<void> {
  for (let turn = offset; turn === offset || performance.now() < deadline; turn++) {
    const fault = wanted[turn % wanted.length]
    if (fault === undefined) return
    const it = await startTestChain()
    await runFault(it, fault, fault.times, () => performance.now() > deadline)
      .then(note, (error: Error) => {
        failures.push(error.message)
        console.error(`✗ ${error.message}`)
      })
      .finally(() => it.stop())
  }
}

function note(outcome: Outcome): void {
  const before = outcomes.get(outcome.fault)
  const sum = before === undefined ? outcome : add(before, outcome)
  outcomes.set(outcome.fault, sum)
  const verdict = isClean(sum) ? '✓' : '✗'
  console.log(
    `${verdict} ${sum.fault}: ${sum.times} times, ${sum.accesses} accesses ${sum.other.slice(0, 3).join('; ')}`,
  )
}

function add(a: Outcome, b: Outcome): Outcome {
  return {
    fault: a.fault,
    times: a.times + b.times,
    accesses: a.accesses + b.accesses,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    unrecorded: a.unrecorded + b.unrecorded,
    other: [...a.other, ...b.other],
    serves: [...a.serves, ...b.serves],
    final: Math.max(a.final, b.final),
  }
}

const streams = Math.min(Number(values.streams), Math.max(1, wanted.length * 8))
await Promise.all(Array.from({ length: wanted.length === 0 ? 0 : streams }, (_, i) => stream(i)))
if (isUpWanted) await runUpKills(deadline, note)
const sorted = [...outcomes.values()]
console.log(showTable(sorted))
if (values.write) writeTable(sorted)
process.exit(failures.length === 0 && sorted.every(isClean) ? 0 : 1)
