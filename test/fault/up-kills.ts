/** @module The whole of `up`, killed under traffic again and again, as tests of its home see it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startLiving } from '../support/living-home.ts'
import type { Outcome } from './fault.ts'

export const UP_KILLED = '`flytrap up` killed at a random instant'
const KILLS_A_HOME = 10

/** Kills one home's `up` ten times and judges it, then the next one's, until the deadline. */
export async function runUpKills(deadline: number, note: (outcome: Outcome) => void): Promise<void> {
  for (let home = 0; home === 0 || performance.now() < deadline; home++) {
    const living = await startLiving()
    const serves: number[] = []
    try {
      for (let kill = 0; kill < KILLS_A_HOME; kill++) {
        await living.live(() => sleep(700 + Math.random() * 1_500))
        const startedAt = performance.now()
        await living.start()
        serves.push((performance.now() - startedAt) / 1_000)
      }
      const startedAt = performance.now()
      const { findings, lost, doubled, accesses } = await living.judge()
      note({
        ...{ fault: UP_KILLED, times: serves.length, accesses, serves },
        ...{ lost: findings.filter(({ code }) => /MISSING/.test(code)).length, doubled: doubled.length },
        ...{ unrecorded: lost.length, other: findings.map(({ code, what }) => `${code}: ${what}`) },
        final: (performance.now() - startedAt) / 1_000,
      })
    } finally {
      await living.end()
    }
  }
}
