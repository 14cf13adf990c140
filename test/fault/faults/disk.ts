/** @module The recorder's disk: full, read-only, losing what it wrote, slow; and its clock, an hour off either way. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Interposer } from '../interpose.ts'

const HOUR_MS = 3_600_000

const interposed = (name: string, breaks: (interposer: Interposer) => void, isKilled = false): Fault => ({
  name,
  group: 'disk',
  times: 5,
  options: { interposed: true },
  async strike(stage) {
    const { interposer } = stage
    if (interposer === undefined) throw new Error('nothing stands before the disk')
    const before = interposer.hits()
    breaks(interposer)
    // A fault that hits nothing proves nothing.
    while (interposer.hits() === before) await sleep(10)
    await sleep(stage.brokenMs)
    if (isKilled) await stage.kill()
    interposer.disk('well')
    if (isKilled) await stage.start()
  },
})

const clockBack: Fault = {
  name: 'clock jumps an hour back, and returns',
  group: 'clock',
  times: 5,
  options: { interposed: true },
  async strike(stage) {
    stage.interposer?.clock(-HOUR_MS)
    await sleep(stage.brokenMs)
    stage.interposer?.clock(0)
  },
}

/** Recorded time never goes back: what was recorded ahead reaches the chain when its clock is there, and is served till then. */
const clockAhead: Fault = {
  name: 'clock jumps an hour ahead, returns, and the hour passes',
  group: 'clock',
  times: 5,
  options: { interposed: true },
  async strike(stage, time) {
    const passing = HOUR_MS + 10_000
    const before = time * passing
    stage.interposer?.clock(before + HOUR_MS)
    await sleep(stage.brokenMs)
    stage.interposer?.clock(before)
    const { allowed } = stage.account
    await sleep(stage.brokenMs)
    if (stage.account.allowed === allowed) throw new Error('nothing was let through after the clock had returned')
    await stage.it.chain.rpc.request('evm_increaseTime', [passing / 1_000])
    stage.interposer?.clock(before + passing)
  },
}

export const diskFaults: Fault[] = [
  interposed('disk full', (it) => it.disk('full')),
  interposed('disk full, and killed', (it) => it.disk('full'), true),
  interposed('disk read-only', (it) => it.disk('readOnly')),
  interposed('disk fails after it has written', (it) => it.disk('lostWrite')),
  interposed('disk fails after it has written, and killed', (it) => it.disk('lostWrite'), true),
  interposed('sync fails after it has happened', (it) => it.disk('lostSync')),
  interposed('sync fails after it has happened, and killed', (it) => it.disk('lostSync'), true),
  interposed('disk slow (200 ms a write)', (it) => it.disk('well', 200)),
]

export const clockFaults: Fault[] = [clockBack, clockAhead]
