/** A message of QoS 2 is decided twice: as it comes, and as it is released, for some brokers hand it on only then. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import type { Access } from '../../records/port.ts'
import type { Account } from '../support/chain.ts'
import { startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { connectRaw, type RawDevice } from '../support/raw-device.ts'
import { type ScriptedSession, startScriptedBroker } from '../support/scripted-broker.ts'
import { passed, publish, startTrapStage, type TrapStage } from '../support/trap-stage.ts'

const KEPT = { clean: false, properties: { sessionExpiryInterval: 3_600 } }
const KEPT_OLD = { clean: false }
const MESSAGE = publish({ topic: 'home/a', payload: 'once', qos: 2, messageId: 5 })
const RELEASE = { cmd: 'pubrel', messageId: 5 } as const

let stage: TrapStage
let sender: Account
let lastId = 0
const nextId = (): string => `release-${++lastId}`

const dir = mkdtempSync(join(tmpdir(), 'flytrap-release-'))

beforeAll(async () => {
  stage = await startTrapStage({ keptReleasesPath: join(dir, 'kept-releases.sqlite') })
  return async () => {
    await stage.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
beforeEach(async () => {
  sender = await stage.it.chain.account()
  await allow(stage.it, sender)
  Object.assign(stage.broker, { sessionPresent: false, properties: {} })
})
afterEach(() => vi.restoreAllMocks())

async function allow(it: TestProxy, account: Account): Promise<void> {
  await it.chain.grant('home/#', account.address, 3)
  await viewCaughtUp(it)
}

async function revoke(it: TestProxy, account: Account): Promise<void> {
  await it.chain.call('revoke', ['home/#', account.address, 3])
  await viewCaughtUp(it)
}

interface Pair {
  device: RawDevice
  twin: ScriptedSession
}

async function received({ device }: Pick<Pair, 'device'>): Promise<void> {
  device.send(MESSAGE)
  expect(await device.take('pubrec')).toMatchObject({ messageId: 5 })
}

describe('a release whose right has gone', () => {
  test.each([5, 4] as const)('never reaches the broker, in MQTT %i: answered, recorded, cut', async (version) => {
    const both = await stage.device({ account: sender, version })
    await received(both)
    const counted = vi.spyOn(stage.it.records.journal, 'window')
    await revoke(stage.it, sender)
    both.device.send(RELEASE)
    const answer = await both.device.take('pubcomp')
    expect(answer?.messageId).toBe(5)
    if (version === 5) expect(answer?.reasonCode).toBe(0x92)
    expect(await both.device.disconnect()).toBe(version === 5 ? 0x87 : 'closed')
    await both.twin.closed
    expect(both.twin.packets.map(({ cmd }) => cmd)).toEqual(['publish', 'disconnect'])
    const [access, use] = counted.mock.calls.at(-1) as [Access, { name: string }]
    expect(access).toMatchObject({ action: Action.PUBLISH, outcome: Outcome.DENIED, account: sender.address })
    expect([access.denialReason, use.name]).toEqual([DenialReason.GRANT_REVOKED, 'home/a'])
  })

  test('is refused for its response topic too', async () => {
    const { device, twin } = await stage.device({ account: sender })
    const properties = { responseTopic: 'home/answers' }
    device.send(publish({ topic: 'home/a', qos: 2, messageId: 5, properties }))
    await device.take('pubrec')
    await stage.it.chain.call('revoke', ['home/#', sender.address, 2])
    await viewCaughtUp(stage.it)
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    expect(twin.count('pubrel')).toBe(0)
  })

  test('is refused for every message that its identifier ever stood for', async () => {
    const { chain } = stage.it
    await chain.call('registerTopic', ['home/other'])
    await chain.grant('home/other', sender.address, 1)
    await revoke(stage.it, sender)
    await chain.grant('home/#', sender.address, 1)
    await viewCaughtUp(stage.it)
    const { device, twin } = await stage.device({ account: sender })
    await received({ device })
    await chain.call('revoke', ['home/#', sender.address, 1])
    await viewCaughtUp(stage.it)
    device.send(publish({ topic: 'home/other', qos: 2, messageId: 5 }))
    await device.take('pubrec')
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    expect(twin.count('pubrel')).toBe(0)
  })

  test.each([
    [5, KEPT],
    [4, KEPT_OLD],
  ] as const)('ends a kept session at the broker, in MQTT %i: nothing of it stays there', async (version, connect) => {
    const clientId = nextId()
    const both = await stage.device({ account: sender, clientId, version, connect })
    await received(both)
    await revoke(stage.it, sender)
    both.device.send(RELEASE)
    await both.device.closed
    await both.twin.closed
    await expect.poll(async () => await stage.broker.session(clientId)).not.toBe(both.twin)
    const cleaner = await stage.broker.session(clientId)
    expect(cleaner.connect).toMatchObject({ clean: true, clientId: both.twin.connect.clientId })
    expect(cleaner.connect.will).toBeUndefined()
    await cleaner.take('disconnect')
    await cleaner.closed
  })
})

test.each([5, 4] as const)(
  'an identifier stands for nothing new between its release and the answer, in MQTT %i [MQTT-2.2.1-3]',
  async (version) => {
    const both = await stage.device({ account: sender, version })
    await received(both)
    both.twin.answers = false
    both.device.send(RELEASE)
    both.device.send(MESSAGE)
    expect(await both.device.disconnect()).toBe(version === 5 ? 0x82 : 'closed')
    await both.twin.closed
    expect(both.twin.packets.map(({ cmd }) => cmd)).toEqual(['publish', 'pubrel', 'disconnect'])
  },
)

test('an identifier is free again once its release was answered', async () => {
  const { device, twin } = await stage.device({ account: sender })
  for (const _ of [1, 2]) {
    await received({ device })
    device.send(RELEASE)
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 5 })
  }
  expect(twin.count('publish')).toBe(2)
  device.end()
})

describe('a release on the next connection of a kept session', () => {
  const comeBack = async (clientId: string, { device, twin }: Pair): Promise<Pair> => {
    device.socket.resetAndDestroy()
    await twin.closed
    stage.broker.sessionPresent = true
    return stage.device({ account: sender, clientId, connect: KEPT })
  }

  test('goes on while its right stands', async () => {
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    const { device, twin } = await comeBack(clientId, first)
    device.send(RELEASE)
    await twin.take('pubrel')
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 5 })
    device.end()
  })

  test('is refused once its right has gone, and so is the message sent again', async () => {
    for (const again of [RELEASE, { ...MESSAGE, dup: true }]) {
      const clientId = nextId()
      const first = await stage.device({ account: sender, clientId, connect: KEPT })
      await received(first)
      await revoke(stage.it, sender)
      const { device, twin } = await comeBack(clientId, first)
      device.send(again)
      expect(await device.disconnect()).toBe(0x87)
      await twin.closed
      expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['disconnect'])
      await expect.poll(async () => (await stage.broker.session(clientId)).connect.clean).toBe(true)
      stage.broker.sessionPresent = false
      await allow(stage.it, sender)
    }
  })

  test('goes on where another process of the same home noticed late that it had lost the session', async () => {
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.second`
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath })
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    stage.broker.sessionPresent = true
    const device = connectRaw({ ...stage.it, proxy }, { account: sender, clientId, connect: KEPT })
    expect(await device.connack()).toBe(0)
    first.twin.socket.end()
    await first.device.closed
    device.send(RELEASE)
    const twin = await stage.broker.session(clientId)
    expect(twin).not.toBe(first.twin)
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 5, reasonCode: 0 })
    expect(twin.count('pubrel')).toBe(1)
    device.end()
    await proxy.stop()
  })

  test('never goes on once its sender was erased: no file of the home says what it was', async () => {
    const clientId = nextId()
    const connect = KEPT
    const topic = `home/of-${clientId}`
    const first = await stage.device({ account: sender, clientId, connect })
    first.device.send(publish({ topic, qos: 2, messageId: 5 }))
    await first.device.take('pubrec')
    const bytes = (): Buffer => Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))))
    first.device.socket.resetAndDestroy()
    await first.twin.closed
    await expect.poll(() => bytes().includes(topic)).toBe(true)
    await stage.it.records.erase({ ground: 'subject', account: sender.address })
    expect(bytes().includes(topic)).toBe(false)

    stage.broker.sessionPresent = true
    const { device, twin } = await stage.device({ account: sender, clientId, connect })
    device.send(publish({ topic: 'home/new', qos: 2, messageId: 5 })) // which the broker may take for the old one
    await device.take('pubrec')
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    await twin.closed
    expect(twin.count('pubrel')).toBe(0)
    await expect.poll(async () => (await stage.broker.session(clientId)).connect.clean).toBe(true)
  })

  test.each([
    [5, KEPT],
    [4, KEPT_OLD],
  ] as const)(
    'never goes on where nobody knows what it releases, in MQTT %i: recorded as refused, and the session goes with what the broker may hold of it',
    async (version, connect) => {
      const clientId = nextId()
      stage.broker.sessionPresent = true
      const { device, twin } = await stage.device({ account: sender, clientId, version, connect })
      const counted = vi.spyOn(stage.it.records.journal, 'window')
      device.send(RELEASE)
      expect((await device.take('pubcomp'))?.messageId).toBe(5)
      expect(await device.disconnect()).toBe(version === 5 ? 0x83 : 'closed')
      await twin.closed
      expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['disconnect'])
      expect(counted.mock.calls[0]?.[0]).toMatchObject({ action: Action.PUBLISH, outcome: Outcome.DENIED })
      await expect.poll(async () => (await stage.broker.session(clientId)).connect.clean).toBe(true)
    },
  )

  test('is answered where it was completed before: the session stays, and nothing is recorded', async () => {
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    first.device.send(RELEASE)
    await first.device.take('pubcomp')
    const second = await comeBack(clientId, first)
    const { device, twin } = await comeBack(clientId, second) // one that sends nothing forgets nothing
    const counted = vi.spyOn(stage.it.records.journal, 'window')
    device.send(RELEASE)
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 5, reasonCode: 0x92 })
    await passed(device)
    expect(twin.packets).toEqual([])
    expect(counted).not.toHaveBeenCalled()
    device.end()
  })

  /** A proxy that takes over the files of one that crashed: its broker connections stand still. */
  async function afterCrash(clientId: string): Promise<Pair & { there: TestProxy; stop: () => Promise<void> }> {
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.${clientId}`
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath })
    stage.broker.sessionPresent = true
    const there = { ...stage.it, proxy }
    await viewCaughtUp(there)
    const device = connectRaw(there, { account: sender, clientId, connect: KEPT })
    expect(await device.connack()).toBe(0)
    return { device, twin: await stage.broker.session(clientId), there, stop: () => proxy.stop() }
  }

  test('goes on after a crash too, while the connection that crashed had sent nothing at QoS 2', async () => {
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    const crashed = await comeBack(clientId, first)
    const { device, twin, stop } = await afterCrash(clientId)
    device.send(RELEASE)
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 5, reasonCode: 0 })
    expect(twin.count('pubrel')).toBe(1)
    for (const each of [device, crashed.device]) each.end()
    await stop()
  })

  test('is unknown after a crash of a connection that had: what stood under its identifier before may not pass for it', async () => {
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    const crashed = await comeBack(clientId, first)
    crashed.device.send(publish({ topic: 'home/other', qos: 2, messageId: 5 }))
    await crashed.device.take('pubrec')
    const { device, twin, stop } = await afterCrash(clientId)
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x83)
    await twin.closed
    expect(twin.count('pubrel')).toBe(0)
    crashed.device.end()
    await stop()
  })

  test('is refused for what another process of the home sent under its identifier, and told late', async () => {
    const { chain } = stage.it
    await chain.call('registerTopic', ['home/late'])
    await chain.grant('home/late', sender.address, 1)
    await viewCaughtUp(stage.it)
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    const { device, twin, there, stop } = await afterCrash(clientId)
    await revoke(there, sender)
    device.send(publish({ topic: 'home/late', qos: 2, messageId: 5 }))
    expect(await device.take('pubrec')).toMatchObject({ messageId: 5, reasonCode: 0 })
    first.twin.socket.end()
    await first.device.closed
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    await twin.closed
    expect(twin.count('pubrel')).toBe(0)
    await stop()
  })
})

describe('a session that is to end at the broker', () => {
  /** Its message is held there, and its right is gone. */
  async function cut(connect: object, it: Pick<TestProxy, 'proxy'> = stage.it): Promise<Pair & { clientId: string }> {
    const clientId = nextId()
    await viewCaughtUp({ ...stage.it, ...it })
    const device = connectRaw({ ...stage.it, ...it }, { account: sender, clientId, connect })
    expect(await device.connack()).toBe(0)
    const twin = await stage.broker.session(clientId)
    await received({ device })
    await revoke({ ...stage.it, ...it }, sender)
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    return { device, twin, clientId }
  }
  afterEach(() => {
    stage.broker.greets = () => true
  })
  const cleaner = async (clientId: string): Promise<ScriptedSession> => {
    await expect.poll(async () => (await stage.broker.session(clientId)).connect.clean).toBe(true)
    return stage.broker.session(clientId)
  }

  test('is not forgotten before it has: what it holds is refused on its next connection too', async () => {
    stage.broker.greets = ({ clean }) => clean !== true
    const { clientId } = await cut(KEPT)
    ;(await cleaner(clientId)).socket.destroy()
    stage.broker.sessionPresent = true
    const { device, twin } = await stage.device({ account: sender, clientId, connect: KEPT })
    device.send(RELEASE)
    expect(await device.disconnect()).toBe(0x87)
    await twin.closed
    expect(twin.count('pubrel')).toBe(0)
  })

  test('has ended before its device, which comes back at once, is let in', async () => {
    stage.broker.greets = ({ clean }) => clean !== true
    const { clientId } = await cut(KEPT)
    const cleaning = await cleaner(clientId)
    await allow(stage.it, sender)
    const again = connectRaw(stage.it, { account: sender, clientId, connect: KEPT })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await stage.broker.session(clientId)).toBe(cleaning)
    cleaning.send({ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 })
    expect(await again.connack()).toBe(0)
    expect(cleaning.count('disconnect')).toBe(1)
    again.end()
  })

  test('is left to a device that was logging in already: it is not thrown out', async () => {
    const counts = (): number => stage.it.proxy.stats()['session:not-ended'] ?? 0
    const before = counts()
    const clientId = nextId()
    const first = await stage.device({ account: sender, clientId, connect: KEPT })
    await received(first)
    await revoke(stage.it, sender)
    stage.broker.greets = () => false
    const again = connectRaw(stage.it, { account: sender, clientId, connect: KEPT })
    await expect.poll(async () => (await stage.broker.session(clientId)) !== first.twin).toBe(true)
    first.device.send(RELEASE)
    await first.device.closed
    await expect.poll(counts).toBe(before + 1)
    const twin = await stage.broker.session(clientId)
    twin.send({ cmd: 'connack', sessionPresent: true, returnCode: 0, reasonCode: 0 })
    expect(await again.connack()).toBe(0)
    expect(twin.connect.clean).toBe(false)
    again.end()
  })

  test('has ended before its proxy has', async () => {
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.ends`
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath })
    const { clientId } = await cut(KEPT, { proxy })
    await proxy.stop()
    const cleaning = await stage.broker.session(clientId)
    expect([cleaning.connect.clean, cleaning.count('disconnect')]).toEqual([true, 1])
  })

  test('is asked for at no broker but its own', async () => {
    const other = await startScriptedBroker()
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.two`
    const broker = [stage.broker.target, other.target]
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath, broker })
    const seen: string[] = []
    other.greets = ({ clientId, clean }) => {
      if (clean === true && !clientId.startsWith('ft')) seen.push(clientId)
      return clientId.startsWith('ft') // none but the watch: devices go to the first
    }
    stage.broker.greets = ({ clean, clientId }) => clean !== true || clientId.startsWith('ft')
    const { clientId } = await cut(KEPT, { proxy })
    ;(await cleaner(clientId)).socket.destroy()
    await expect.poll(() => proxy.stats()['session:not-ended']).toBe(1)
    expect(seen).toEqual([])
    await proxy.stop()
    await other.stop()
  })
})

test('a release of what was completed before is answered, and is nothing to record', async () => {
  const { device, twin } = await stage.device({ account: sender })
  await received({ device })
  device.send(RELEASE)
  expect(await device.take('pubcomp')).toMatchObject({ messageId: 5 })
  const counted = vi.spyOn(stage.it.records.journal, 'window')
  device.send(RELEASE)
  expect(await device.take('pubcomp')).toMatchObject({ messageId: 5, reasonCode: 0x92 })
  expect(twin.count('pubrel')).toBe(1)
  expect(counted).not.toHaveBeenCalled()
  device.end()
})

describe.each(['mosquitto', 'aedes'] as const)('behind %s', (kind) => {
  let it: TestProxy
  beforeAll(async () => {
    it = await startTestProxy(kind)
    await it.chain.call('giveTopic', ['home', it.chain.owner.address])
    await it.chain.call('registerTopic', ['home/#'])
    return () => it.stop()
  })

  test.each([
    ['a session that ends with its connection', { clean: true }],
    ['a kept session', KEPT],
  ])(
    'a right that goes before the release lets nobody read the message later, and leaves no identifier behind, in %s',
    async (_, connect) => {
      const { chain } = it
      const [publisher, reader] = [await chain.account(), await chain.account()]
      await chain.grant('home/#', reader.address, 2)
      await allow(it, publisher)
      const listener = connectRaw(it, { account: reader, clientId: nextId() })
      await listener.connack()
      listener.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'home/#', qos: 0 }] })
      await listener.take('suback')
      const clientId = nextId()
      const join = async (): Promise<RawDevice> => {
        const device = connectRaw(it, { account: publisher, clientId, connect })
        expect(await device.connack()).toBe(0)
        return device
      }
      const device = await join()
      await received({ device })
      await revoke(it, publisher)
      device.send(RELEASE)
      expect(await device.disconnect()).toBe(0x87)
      await expect.poll(() => it.proxy.stats()['session:ended'] ?? 0).toBe(connect === KEPT ? 1 : 0)

      // Allowed again: the identifier is as good as new, whatever the broker held.
      await allow(it, publisher)
      const again = await join()
      again.send(publish({ topic: 'home/a', payload: 'new', qos: 2, messageId: 5 }))
      await again.take('pubrec')
      again.send(RELEASE)
      await again.take('pubcomp')
      const heard = (): string[] =>
        listener.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet.payload.toString()] : []))
      await expect.poll(heard).toContain('new')
      expect(heard()).toEqual(kind === 'mosquitto' ? ['new'] : ['once', 'new']) // Aedes hands it on at PUBLISH
      for (const each of [again, listener]) each.end()
    },
  )

  test('an identifier of a session that the broker says is gone is as good as new', async () => {
    const { chain } = it
    const publisher = await chain.account()
    await allow(it, publisher)
    const listener = connectRaw(it, { account: publisher, clientId: nextId() })
    await listener.connack()
    listener.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'home/#', qos: 0 }] })
    await listener.take('suback')
    const clientId = nextId()
    const join = async (): Promise<{ device: RawDevice; isPresent: boolean | undefined }> => {
      const device = connectRaw(it, { account: publisher, clientId, version: 4, connect: KEPT_OLD })
      return { device, isPresent: (await device.take('connack'))?.sessionPresent }
    }
    const { device: before } = await join()
    await received({ device: before })
    before.socket.resetAndDestroy()
    const { device, isPresent } = await join()
    expect(isPresent).toBe(kind === 'mosquitto') // Aedes keeps none that has no subscription
    if (isPresent) {
      device.send(RELEASE)
      await device.take('pubcomp')
    }
    device.send(publish({ topic: 'home/a', payload: 'new', qos: 2, messageId: 5 }))
    await device.take('pubrec')
    device.send(RELEASE)
    await device.take('pubcomp')
    await expect
      .poll(() => listener.packets.flatMap((packet) => (packet.cmd === 'publish' ? [`${packet.payload}`] : [])))
      .toEqual(['once', 'new'])
    for (const each of [device, listener]) each.end()
  })

  test('messages that a proxy of another home never heard of leave no room taken: those of later are delivered', async () => {
    const { chain } = it
    const [publisher, reader] = [await chain.account(), await chain.account()]
    await chain.grant('home/#', reader.address, 2)
    await allow(it, publisher)
    const other = await startProxy({ ...it.options, viewSnapshotPath: `${it.options.viewSnapshotPath}.other` })
    await viewCaughtUp({ ...it, proxy: other })
    const listener = connectRaw(it, { account: reader, clientId: nextId() })
    await listener.connack()
    listener.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'home/#', qos: 0 }] })
    await listener.take('suback')
    const clientId = nextId()
    const join = async (at: Pick<TestProxy, 'proxy'>): Promise<RawDevice> => {
      const device = connectRaw({ ...it, ...at }, { account: publisher, clientId, version: 4, connect: KEPT_OLD })
      expect(await device.connack()).toBe(0)
      return device
    }
    const before = await join(it)
    const ids = Array.from({ length: 20 }, (_, i) => i + 1) // as many as Mosquitto takes at once
    before.send({ cmd: 'subscribe', messageId: 21, subscriptions: [{ topic: 'home/orders', qos: 0 }] })
    await before.take('suback') // Aedes keeps no session that has none
    for (const messageId of ids) before.send(publish({ topic: 'home/a', payload: 'lost', qos: 2, messageId }))
    for (const _ of ids) await before.take('pubrec')
    before.socket.resetAndDestroy()

    const resumed = await join({ proxy: other })
    for (const messageId of ids) resumed.send({ cmd: 'pubrel', messageId })
    expect(await resumed.take('pubcomp')).toMatchObject({ messageId: 1 })
    expect(await resumed.disconnect()).toBe('closed')
    const after = await join({ proxy: other })
    after.send(publish({ topic: 'home/a', payload: 'later', qos: 1, messageId: 1 }))
    await after.take('puback')
    await expect
      .poll(() => listener.packets.some((packet) => packet.cmd === 'publish' && `${packet.payload}` === 'later'))
      .toBe(true)
    for (const each of [after, listener]) each.end()
    await other.stop()
  })
})
