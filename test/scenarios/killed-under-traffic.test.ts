/** SIGKILL at any instant: what a device was told to have happened is on chain, once, when the service is back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEVICES, type LivingHome, startLiving } from '../support/living-home.ts'

/** A few here; many in `npm run fault`. */
const KILLS = 3

describe('a flytrap that is killed under traffic', () => {
  let living: LivingHome
  beforeAll(async () => {
    living = await startLiving()
  }, 240_000)
  afterAll(() => living.end())

  test('has lost nothing and doubled nothing when it is back, and serves again by itself', async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await living.live(() => sleep(700 + Math.random() * 1_500))
      await living.start()
    }
    const { accesses, subscribed, ...wrong } = await living.judge()
    expect(wrong).toEqual({ lost: [], doubled: [], findings: [] })
    expect(subscribed).toBeGreaterThan(KILLS * DEVICES)
    expect(accesses).toBeGreaterThan(subscribed)
  }, 240_000)

  test('is found well by the doctor, and a probe finds its own record on chain', async () => {
    const { code, stdout } = await living.run('doctor', '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter(({ state }) => state === 'failed')).toEqual([])
    expect(lines.map(({ name }) => name)).toEqual(expect.arrayContaining(['chain', 'recorder', 'broker', 'disk']))
    expect(code).toBe(0)
    const probed = await living.run('probe', '--json')
    expect(JSON.parse(probed.stdout)).toMatchObject({ recorderId: 1, sequence: expect.anything() })
  }, 240_000)
})
