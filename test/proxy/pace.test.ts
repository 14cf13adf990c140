import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Account } from '../support/chain.ts'
import { connectDevice, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'

let it: TestProxy
let sensor: Account

beforeAll(async () => {
  it = await startTestProxy('aedes', { limits: { publishPerSecond: 1_000, packetsPerSecond: 4_000 } })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.grant('home', sensor.address, 3)
  await viewCaughtUp(it)
})
afterAll(() => it.stop())

test('a device that floods is read slower: nothing of it is lost, and others are served meanwhile', async () => {
  const [flooding, calm] = [
    await connectDevice(it, { account: sensor, clientId: 'flooding' }),
    await connectDevice(it, { account: sensor, clientId: 'calm' }),
  ]
  const answers = Array.from({ length: 1_500 }, (_, i) => flooding.publishAsync('home', String(i), { qos: 1 }))
  flooding.stream.write(Buffer.from('c000'.repeat(5_000), 'hex')) // PINGREQ
  await expect.poll(() => it.proxy.stats()['rate:rested']).toBeGreaterThan(0)
  await calm.publishAsync('home', 'calm', { qos: 1 }) // rejects unless acknowledged
  expect(await Promise.all(answers)).toHaveLength(1_500)
  expect(it.proxy.stats()).not.toHaveProperty('connect:RATE_EXCEEDED')
  await Promise.all([flooding.endAsync(true), calm.endAsync(true)])
})
