/** Each fault once under traffic, those that share a stage one after the other; `npm run fault` goes on for as long as is wanted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestChain, type TestChain } from '../support/chain.ts'
import type { Fault } from './fault.ts'
import { chainFaults } from './faults/chain.ts'
import { clockFaults, diskFaults } from './faults/disk.ts'
import { everyPoint, kills } from './faults/kills.ts'
import { canInterpose } from './interpose.ts'
import { Stage, type StageOptions } from './stage.ts'

const PATIENCE_MS = 240_000
const BROKEN_MS = 250
const EVERY_MS = 20
const needs = ({ confirmations, witnessed }: StageOptions): boolean => confirmations !== undefined || witnessed === true
/** One of each kind of kill: each costs a start of the process. */
const KILLS = /random instant|eth_sendRaw/
const DISK = /^(?!.*(has written|full), and killed)/
const plain = [...kills.filter(({ name }) => KILLS.test(name)), everyPoint, ...chainFaults]

struck('a recorder that is killed, whose chain breaks, and whose disk fails', {
  faults: [
    ...plain.filter(({ options = {} }) => !needs(options)),
    ...(canInterpose() ? diskFaults.filter(({ name }) => DISK.test(name)) : []),
  ],
  options: { interposed: canInterpose() },
})
for (const fault of chainFaults) {
  if (needs(fault.options ?? {})) struck('a recorder', { faults: [fault], options: fault.options ?? {} })
}
if (canInterpose()) struck('a recorder whose clock jumps', { faults: clockFaults, options: { interposed: true } })

function struck(subject: string, { faults, options }: { faults: readonly Fault[]; options: StageOptions }): void {
  describe(subject, () => {
    let it: TestChain
    let stage: Stage
    beforeAll(async () => {
      it = await startTestChain()
      stage = await Stage.open(it, { ...options, brokenMs: BROKEN_MS, everyMs: EVERY_MS })
      await stage.start()
      await stage.untilServing()
    })
    afterAll(async () => {
      await stage.close()
      await it.stop()
    })

    for (const fault of faults) {
      test(
        `serves again by itself: ${fault.name}`,
        async () => {
          const { allowed } = stage.account
          await fault.strike(stage, 0)
          await stage.untilServing()
          expect(stage.account.allowed).toBeGreaterThan(allowed)
        },
        PATIENCE_MS,
      )
    }

    test(
      'has lost nothing, doubled nothing and let nothing happen unrecorded',
      async () => {
        await stage.end()
        const { accesses, records, ...wrong } = await stage.judge()
        expect(wrong).toEqual({ findings: [], unrecorded: [], doubled: [], wronged: [], strange: [], issues: [] })
        expect(accesses).toBeGreaterThan(faults.length)
        expect(records).toBeGreaterThan(faults.length)
      },
      PATIENCE_MS,
    )
  })
}
