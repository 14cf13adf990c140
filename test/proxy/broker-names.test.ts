/** A broker that takes one topic name for another would let a device publish where it may not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isUnclear, UNCHECKED } from '../../proxy/broker/name-check.ts'
import { BrokerPool } from '../../proxy/broker/pool.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import { Client } from '../conformance/client.ts'
import { throughFlyTrap } from '../conformance/stage.ts'
import type { TestBroker } from '../support/brokers/broker.ts'
import { isInstalled, MAKES } from '../support/brokers/makes.ts'
import { silent } from '../support/chain.ts'
import { startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { type Relay, startRelay } from '../support/relay.ts'

/** What each make was seen to read otherwise; all of it by the suite too. */
const UNCLEAR: Record<string, string[]> = {
  mosquitto: [],
  aedes: [],
  ejabberd: [],
  nats: ['.', ' '],
  rabbitmq: ['.', '*'],
}
const runsAll = process.env.FLYTRAP_CONFORMANCE === 'all'
const asked = MAKES.filter(({ name }) => runsAll || ['mosquitto', 'aedes', 'nats'].includes(name)).filter(isInstalled)

describe.each(asked)('$name', ({ name, start }) => {
  let broker: TestBroker
  let pool: BrokerPool
  beforeAll(async () => {
    broker = await start()
    pool = new BrokerPool({ targets: [broker.target], log: silent })
    await pool.start()
  }, 300_000)
  afterAll(async () => {
    pool.stop()
    await broker.stop()
  })

  test('is asked before it serves which names it does not keep, and those are refused', async () => {
    await expect.poll(() => pool.status()[0]?.state, { timeout: 45_000 }).toBe('up')
    expect(pool.status()[0]?.unclear).toEqual(UNCLEAR[name])
    expect(pool.mayMistake('home/kitchen/temperature')).toBe(false)
    expect(pool.mayMistake('home/kitchen.temperature')).toBe(UNCLEAR[name]?.includes('.'))
  })
})

describe('before a broker has answered', () => {
  test('nothing suspect is clear: empty levels, other wildcards, capitals, marks that combine', () => {
    const suspect = ['a.b', 'a*', 'a>', 'a b', 'a//b', '/a', 'a/', 'A', 'e\u0301']
    expect(suspect.filter((topic) => !isUnclear(UNCHECKED, topic))).toEqual([])
    expect(['a/b', 'a/+/#', '\u00e9', 'a-b_c:1'].filter((topic) => isUnclear(UNCHECKED, topic))).toEqual([])
  })
})

describe('a proxy that starts before a broker that is slow to answer', () => {
  let it: TestProxy
  let relay: Relay
  let early: RunningProxy
  beforeAll(async () => {
    it = await startTestProxy('aedes')
    await it.chain.call('giveTopic', ['Home', it.chain.owner.address])
    await viewCaughtUp(it)
    relay = await startRelay(it.broker.target.port)
    relay.delayMs = 300 // it greets the proxy before that opens, and answers for names after it did
    const broker = { ...it.broker.target, port: relay.port }
    early = await startProxy({ ...it.options, broker, viewSnapshotPath: `${it.options.viewSnapshotPath}.early` })
  })
  afterAll(async () => {
    await early.stop()
    await relay.stop()
    await it.stop()
  })

  test.each([5, 4] as const)(
    'lets a device of MQTT level %i in once it knows the broker, and refuses it no name that the broker keeps',
    async (version) => {
      const device = await Client.connect(version, throughFlyTrap({ ...it, proxy: early }, it.chain.owner)('early'))
      expect(await device.subscribe('Home/#', 1)).toEqual([1])
      expect(await device.publish('Home/living room//lamp', 'x', { qos: 1 })).toBe(0)
      expect(await device.received(1)).toEqual(['x'])
      device.vanish()
    },
  )
})
