/** @module SIGKILL: at any instant, at each named place, and around each thing that is asked of the node. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CRASH_POINTS } from '../../../records/crash-points.ts'
import type { Fault } from '../fault.ts'

/** Now and then while it is still starting. */
const STARTING_SHARE = 10

const anyInstant: Fault = {
  name: 'recorder killed at a random instant',
  group: 'kill',
  times: 50,
  async strike(stage) {
    if (Math.random() * STARTING_SHARE < 1) {
      await stage.kill()
      const started = stage.start().catch(() => {})
      await sleep(Math.random() * 600)
      await Promise.all([stage.kill(), Promise.race([started, sleep(10)])])
    } else await sleep(Math.random() * 400)
    await stage.kill()
    await stage.start()
  },
}

const points: Fault[] = CRASH_POINTS.map((point) => ({
  name: `recorder killed at "${point}"`,
  group: 'kill-point',
  times: 10,
  async strike(stage) {
    await stage.kill()
    await stage.start({ point, nth: 1 + Math.floor(Math.random() * 3) })
    await stage.start()
  },
}))

const ASKED = ['eth_sendRawTransaction', 'eth_getTransactionReceipt', 'eth_call'] as const

const asked: Fault[] = ASKED.flatMap((method) =>
  (['before', 'after'] as const).map((at) => ({
    name: `recorder killed ${at} the node did ${method}`,
    group: 'kill-rpc',
    times: 10,
    async strike(stage) {
      const struck = new Promise<void>((resolve) => {
        stage.node.fault = (called) => {
          if (called !== method) return undefined
          stage.node.fault = () => undefined
          // The answer is on its way to nobody.
          void stage.kill().then(() => resolve())
          return { at, how: 'hang-up' }
        }
      })
      await struck
      await stage.start()
    },
  })),
)

export const kills: Fault[] = [anyInstant, ...points, ...asked]

/** All of them in a row, for a run that must be short: it starts again only to be killed at the next. */
export const everyPoint: Fault = {
  name: 'recorder killed at each named place in turn',
  group: 'kill-point',
  times: 1,
  async strike(stage) {
    await stage.kill()
    for (const point of CRASH_POINTS) await stage.start({ point, nth: 1 })
    await stage.start()
  },
}
