import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { play } from './differential/play.ts'
import { startWorld, type World } from './differential/world.ts'

const KEYS = [1, 2, 3, 4, 5, 6].map((n) => `0x${n.toString(16).padStart(64, '0')}` as const)
const DEEDS = 10_000

let world: World
beforeAll(async () => {
  world = await startWorld(KEYS)
})
afterAll(() => world.stop())

describe('contract and fold', () => {
  test(`agree on every right and every getter after ${DEEDS} random deeds by random accounts`, async () => {
    const seed = Number(process.env.FLYTRAP_SEED ?? 20_261_124)
    const played = await play(world, { deeds: DEEDS, seed })
    if (process.env.FLYTRAP_SHOW) console.log(played)
    expect(played.differences.slice(0, 10), `seed ${seed}`).toEqual([])
    expect(played.deeds).toBe(DEEDS)
    // What never went through was not tested.
    for (const name of OFTEN) expect([name, (played.passed.get(name) ?? 0) >= 10]).toEqual([name, true])
    expect(played.allowed).toBeGreaterThan(1_000)
  }, 600_000)
})

const OFTEN = [
  'registerTopic',
  'setTerms',
  'proposeTransfer',
  'acceptTransfer',
  'grant',
  'revoke',
  'purchase',
  'endPurchase',
  'withdraw',
  'suspend',
  'setFees',
  'authorizeDevice',
  'authorizeDeviceBySig',
  'revokeCredential',
  'setAuditor',
  'pause',
  'recordBatch',
]
