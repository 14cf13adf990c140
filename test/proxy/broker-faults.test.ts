/** Several brokers, and brokers that fail: real ones, with faults forced by a relay before them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import { Client } from '../conformance/client.ts'
import { directly, throughFlyTrap } from '../conformance/stage.ts'
import { freePort, silent } from '../support/chain.ts'
import { startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { type Relay, startRelay } from '../support/relay.ts'

let it: TestProxy
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  it = await startTestProxy('aedes')
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await viewCaughtUp(it)
})
afterAll(async () => {
  for (const end of ends.reverse()) await end()
  await it.stop()
})

interface Behind {
  broker: EmbeddedBroker
  relay: Relay
}

async function startBehind(): Promise<Behind> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-behind-'))
  const broker = await startEmbeddedBroker({ dir, port: await freePort(), kind: 'aedes', log: silent })
  const relay = await startRelay(broker.target.port)
  ends.push(async () => {
    await relay.stop()
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  return { broker, relay }
}

const PACE = { answerMs: 400, pingEveryMs: 100, retryMs: 100 }
let lastProxy = 0
let lastWatcher = 0
let lastTopic = 0

/** Another proxy of the same deployment, before these brokers. */
async function proxyBefore(...targets: TestProxy['broker']['target'][]): Promise<TestProxy> {
  const viewSnapshotPath = `${it.options.viewSnapshotPath}.${++lastProxy}`
  const proxy = await startProxy({ ...it.options, broker: targets, brokerPace: PACE, viewSnapshotPath })
  ends.push(() => proxy.stop())
  return { ...it, proxy }
}

const targetOf = ({ broker, relay }: Behind) => ({ ...broker.target, port: relay.port })
const deviceAt = (other: TestProxy, clientId: string, more = {}, version: 4 | 5 = 5): Promise<Client> =>
  Client.connect(version, throughFlyTrap(other, it.chain.owner)(clientId), more)
const stateOf = (other: TestProxy): unknown[] => other.proxy.brokers().map(({ state }) => state)

describe('before two brokers', () => {
  let one: Behind
  let two: Behind
  let other: TestProxy
  beforeAll(async () => {
    one = await startBehind()
    two = await startBehind()
    other = await proxyBefore(targetOf(one), targetOf(two))
  })

  /** Which of the two serves the device: the one whose own client hears it. */
  async function servedBy(device: Client): Promise<string> {
    const topic = `home/where-${++lastTopic}`
    const watchers = await Promise.all(
      [one, two].map(async ({ broker }) => {
        const watcher = await Client.connect(5, directly(broker.target)(`watch-${++lastWatcher}`))
        await watcher.subscribe(topic, 1)
        return watcher
      }),
    )
    await device.publish(topic, 'here', { qos: 1 })
    await Promise.race(watchers.map((watcher) => watcher.until(() => watcher.messages.length > 0)))
    const found = watchers.map(({ messages }) => messages.length > 0)
    for (const watcher of watchers) watcher.vanish()
    return found.map((hears, i) => (hears ? `broker ${i + 1}` : '')).join('')
  }

  test('devices are spread, and each finds its session again', async () => {
    const served = new Set<string>()
    for (let i = 0; i < 12 && served.size < 2; i++) {
      const session = { clean: false, properties: { sessionExpiryInterval: 60 } }
      const first = await deviceAt(other, `spread-${i}`, session)
      await first.subscribe('home/kept', 1)
      served.add(await servedBy(first))
      await first.end()
      const again = await deviceAt(other, `spread-${i}`, session)
      expect(again.connack?.sessionPresent).toBe(true)
      again.vanish()
    }
    expect([...served].sort()).toEqual(['broker 1', 'broker 2'])
  })

  test('a broker that is gone moves its own devices and no other; back again, it moves no live one', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `moved-${i}`)
    const devices = await Promise.all(ids.map((id) => deviceAt(other, id)))
    const before = await Promise.all(devices.map(servedBy))
    expect(new Set(before).size).toBe(2)
    const { port } = one.relay
    await one.relay.stop()
    await expect.poll(() => stateOf(other)).toEqual(['down', 'up'])
    await expect.poll(() => devices.map(({ isClosed }) => isClosed)).toEqual(before.map((name) => name === 'broker 1'))

    const moved = await Promise.all(ids.map((id) => deviceAt(other, id)))
    expect(await Promise.all(moved.map(servedBy))).toEqual(ids.map(() => 'broker 2'))
    one.relay = await startRelay(one.broker.target.port, port)
    await expect.poll(() => stateOf(other)).toEqual(['up', 'up'])
    expect(moved.map(({ isClosed }) => isClosed)).toEqual(ids.map(() => false))
    const returned = await Promise.all(ids.map((id) => deviceAt(other, id)))
    expect(await Promise.all(returned.map(servedBy))).toEqual(before)
    // Taken over although another broker served it: this proxy knew both. [MQTT-3.1.4-3]
    await expect.poll(() => moved.every(({ isClosed }) => isClosed)).toBe(true)
    const goodbyes = moved.map(({ packets }) => packets.find((packet) => packet.cmd === 'disconnect')?.reasonCode)
    expect(goodbyes).toEqual(ids.map(() => 0x8e))
    for (const device of returned) device.vanish()
  })

  test('one that accepts and answers nothing is told by the watch, and its devices go to the other', async () => {
    one.relay.isMute = true
    await expect.poll(() => stateOf(other), { timeout: 45_000 }).toEqual(['down', 'up'])
    expect(other.proxy.brokers()[0]?.trouble).toMatch(/answers nothing/)
    for (let i = 0; i < 4; i++) {
      const device = await deviceAt(other, `mute-${i}`)
      expect(await servedBy(device)).toBe('broker 2')
      device.vanish()
    }
    one.relay.isMute = false
    await expect.poll(() => stateOf(other), { timeout: 45_000 }).toEqual(['up', 'up'])
  })

  test('a slow broker slows its own devices alone', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `pace-${i}`)
    const devices = await Promise.all(ids.map((id) => deviceAt(other, id)))
    const served = await Promise.all(devices.map(servedBy))
    one.relay.delayMs = 300
    const order: string[] = []
    await Promise.all(
      devices.map(async (device, i) => {
        for (let n = 0; n < 3; n++) await device.publish('home/pace', 'x', { qos: 1 })
        order.push(served[i] ?? '')
      }),
    )
    one.relay.delayMs = 0
    const quick = served.filter((name) => name === 'broker 2').length
    expect(quick).toBeGreaterThan(0)
    expect(order.slice(0, quick)).toEqual(Array.from({ length: quick }, () => 'broker 2'))
    for (const device of devices) device.vanish()
  })
})

describe('a PUBLISH that is under way when its broker dies', () => {
  test.each([5, 4] as const)(
    'of MQTT level %i is not acknowledged, and the device is disconnected',
    async (version) => {
      const behind = await startBehind()
      const other = await proxyBefore(targetOf(behind))
      for (const qos of [1, 2] as const) {
        const device = await deviceAt(other, `dying-${qos}`, {}, version)
        behind.relay.isMute = true // the broker takes it and its answer is lost
        const answer = device.publish('home/dying', 'x', { qos })
        await device.quiet()
        behind.relay.cut()
        expect(await answer).toBe('closed')
        await device.until(() => device.isClosed, 20_000) // an answer that is late reads as closed too
        expect(device.packets.map(({ cmd }) => cmd)).toEqual(version === 5 ? ['connack', 'disconnect'] : ['connack'])
        behind.relay.isMute = false
        await expect.poll(() => stateOf(other)).toEqual(['up'])
      }
    },
  )
})

describe('no broker that would do', () => {
  test('one that refuses our login is down, says why without the password, and devices get 0x88', async () => {
    const { broker } = await startBehind()
    const other = await proxyBefore({ ...broker.target, password: 'of yesterday' })
    expect(other.proxy.brokers()[0]).toMatchObject({
      state: 'down',
      trouble: expect.stringContaining('refuses our login'),
    })
    expect(JSON.stringify(other.proxy.brokers())).not.toContain('yesterday')
    expect((await deviceAt(other, 'unlucky')).code).toBe(0x88)
    expect((await deviceAt(other, 'unlucky', {}, 4)).code).toBe(3)
  })

  test('beside one that refuses our login, the other serves all', async () => {
    const [bad, good] = [await startBehind(), await startBehind()]
    const other = await proxyBefore({ ...targetOf(bad), password: 'of yesterday' }, targetOf(good))
    for (let i = 0; i < 4; i++) expect((await deviceAt(other, `lucky-${i}`)).code).toBe(0)
  })

  test('one that refuses long client ids stays up and says so', async () => {
    const { broker } = await startBehind()
    const strict = createServer((near: Socket) => strictRelay(near, broker.target.port))
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
    ends.push(() => new Promise((resolve) => strict.close(resolve)))
    const port = (strict.address() as { port: number }).port
    const other = await proxyBefore({ ...broker.target, port })
    await expect.poll(() => stateOf(other)).toEqual(['up'])
    expect(other.proxy.brokers()[0]?.trouble).toMatch(/client ids of 284 bytes/)
    expect((await deviceAt(other, 'short')).code).toBe(0)
    expect((await deviceAt(other, 'long'.repeat(40))).code).toBe(0x85)
  })
})

/** Answers CONNECTs of more than 200 bytes as brokers with a limit on client ids do. */
function strictRelay(near: Socket, brokerPort: number): void {
  const connack = Buffer.from([0x20, 0x03, 0x00, 0x85, 0x00])
  near
    .on('error', () => {})
    .once('data', (connect) => {
      if (connect.length > 200) return near.end(connack)
      const far = dial(brokerPort, '127.0.0.1').on('error', () => {})
      far.write(connect)
      near.pipe(far).pipe(near)
    })
}

describe.skipIf(findMosquitto() === undefined)('the embedded Mosquitto, killed', () => {
  test('starts again with every retained message, and devices come back', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-killed-'))
    const broker = await startEmbeddedBroker({ dir, port: await freePort(), kind: 'mosquitto', log: silent })
    ends.push(async () => {
      await broker.stop()
      rmSync(dir, { recursive: true, force: true })
    })
    const other = await proxyBefore(broker.target)
    const device = await deviceAt(other, 'keeper')
    for (let i = 0; i < 20; i++) await device.publish(`home/kept/${i}`, String(i), { qos: 1, retain: true })
    const { pid } = broker
    await new Promise((resolve) => setTimeout(resolve, 300)) // it saves behind its answers, in its next turn
    process.kill(pid ?? 0, 'SIGKILL')
    await device.until(() => device.isClosed)
    await expect.poll(() => broker.restarts, { timeout: 45_000 }).toBe(1)
    await expect.poll(() => stateOf(other), { timeout: 45_000 }).toEqual(['up'])
    expect(broker.pid).not.toBe(pid)
    const again = await deviceAt(other, 'keeper')
    await again.subscribe('home/kept/+', 1)
    expect((await again.received(20)).length).toBe(20)
    again.vanish()
  })
})
