/** @module A fault, struck again and again under traffic, and what came of it. */
import type { TestChain } from '../support/chain.ts'
import { Stage, type StageOptions } from './stage.ts'

export interface Fault {
  /** For the table. */
  name: string
  /** For the command line. */
  group: string
  /** How often on one stage of the long run. */
  times: number
  options?: StageOptions
  /** Breaks, and mends. Resolves when nothing is broken any more. */
  strike: (stage: Stage, time: number) => Promise<void>
}

export interface Outcome {
  fault: string
  times: number
  accesses: number
  lost: number
  doubled: number
  unrecorded: number
  /** Other words of `check`, or of clients. */
  other: string[]
  /** Seconds until an access was let through again, each time. */
  serves: number[]
  /** Seconds until all that was let through was final, the last time. */
  final: number
}

/** Strikes so many times on one stage, then judges. Rejects when the service does not resume by itself. */
export async function runFault(
  it: TestChain,
  fault: Fault,
  times = fault.times,
  isEnough = (): boolean => false,
): Promise<Outcome> {
  const stage = await Stage.open(it, fault.options)
  try {
    await stage.start()
    await stage.untilServing()
    const serves: number[] = []
    for (let time = 0; time < times && (time === 0 || !isEnough()); time++) {
      await fault.strike(stage, time)
      serves.push(await stage.untilServing())
    }
    const final = await stage.untilFinal()
    await stage.end()
    return outcomeOf(fault, { serves, final }, await stage.judge())
  } catch (cause) {
    throw new Error(`${fault.name}: ${(cause as Error).message}`, { cause })
  } finally {
    await stage.close()
  }
}

function outcomeOf(
  { name }: Fault,
  { serves, final }: Pick<Outcome, 'serves' | 'final'>,
  found: Awaited<ReturnType<Stage['judge']>>,
): Outcome {
  const { findings, accesses, doubled, unrecorded, wronged, strange, issues } = found
  const counts = (pattern: RegExp): number =>
    findings.filter(({ code }) => pattern.test(code)).reduce((sum, { count }) => sum + Math.max(1, count), 0)
  const other = findings.filter(({ code }) => !/MISSING|DOUBLED/.test(code))
  return {
    fault: name,
    times: serves.length,
    accesses,
    lost: counts(/MISSING/),
    doubled: doubled.length + counts(/DOUBLED/),
    unrecorded: unrecorded.length,
    other: [
      ...other.map(({ code, what }) => `${code}: ${what}`),
      ...wronged.map((id) => `wronged: ${id}`),
      ...strange.map((id) => `strange: ${id}`),
      ...issues,
    ],
    serves,
    final,
  }
}

/** Nothing where it must be nothing. */
export const isClean = ({ lost, doubled, unrecorded, other }: Outcome): boolean =>
  lost === 0 && doubled === 0 && unrecorded === 0 && other.length === 0
