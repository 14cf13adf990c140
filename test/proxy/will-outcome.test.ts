/** How a Will is recorded: as dropped only where its broker has heard so; as one that may have fired where nobody knows. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IConnectPacket } from 'mqtt-packet'
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import { freePort, silent } from '../support/chain.ts'
import { connectRaw, type RawDevice } from '../support/raw-device.ts'
import type { ScriptedSession } from '../support/scripted-broker.ts'
import { publish, startTrapStage, type TrapStage } from '../support/trap-stage.ts'

const connect: Partial<IConnectPacket> = {
  will: { topic: 'home/will', payload: Buffer.from('gone'), qos: 1, retain: false },
}

let stage: TrapStage
let lastId = 0
const nextId = (): string => `will-${++lastId}`

beforeAll(async () => {
  stage = await startTrapStage({ limits: { maxPacketBytes: 1 << 20, connectTimeoutMs: 2_000 } })
  return () => stage.stop()
})
afterEach(() => {
  vi.restoreAllMocks()
  stage.broker.greets = () => true
})

/** What the journal is told of Wills from now on. */
function outcomes(): string[] {
  const told: string[] = []
  const { journal } = stage.it.records
  const announce = journal.announce.bind(journal)
  vi.spyOn(journal, 'announce').mockImplementation(async (access, use) => {
    const announced = await announce(access, use)
    return {
      settle: (how, evidence) => {
        told.push(how)
        announced.settle(how, evidence)
      },
    }
  })
  return told
}

const LEAVES = { cmd: 'disconnect', reasonCode: 0 } as const
const MESSAGE = publish({ topic: 'home/a', qos: 0 })
/** A SUBSCRIBE with no filter: its connection is cut. */
const ERRS = Buffer.from([0x82, 0x03, 0x00, 0x01, 0x00])

describe.each([
  ['whose device leaves', (device: RawDevice) => device.send(LEAVES)],
  ['whose connection we cut', (device: RawDevice) => device.send(ERRS)],
])('a Will %s', (_, end) => {
  test('is dropped once the broker has heard all up to the DISCONNECT', async () => {
    const told = outcomes()
    const { device, twin } = await stage.device({ clientId: nextId(), connect })
    end(device)
    await twin.take('disconnect')
    await expect.poll(() => told).toEqual(['dropped'])
  })

  test('may have fired where the broker’s socket died before', async () => {
    const told = outcomes()
    const { device, twin } = await stage.device({ clientId: nextId(), connect })
    twin.socket.pause() // what is said to it waits in its kernel
    end(device)
    await device.closed
    expect(told).toEqual([])
    twin.socket.resetAndDestroy()
    await expect.poll(() => told).toEqual(['unknown'])
  })

  test.each([
    ['says nothing more', () => {}],
    ['says why', (twin: ScriptedSession) => twin.send({ cmd: 'disconnect', reasonCode: 0x8d })],
  ])('may have fired where the broker closes in order over an earlier packet, and %s', async (_how, says) => {
    const told = outcomes()
    const { device, twin } = await stage.device({ clientId: nextId(), connect })
    // It has taken the bytes off its socket, and hangs up over the first of them.
    twin.hear = () => {
      twin.hear = () => {}
      says(twin)
      twin.socket.end()
    }
    device.socket.cork()
    device.send(MESSAGE)
    end(device)
    device.socket.uncork()
    await device.closed
    await expect.poll(() => told).toEqual(['unknown'])
  })

  test('may have fired where the broker never answers: the device does not wait for it', async () => {
    const told = outcomes()
    const { device, twin } = await stage.device({ clientId: nextId(), connect })
    twin.hear = () => {}
    twin.socket.allowHalfOpen = true
    end(device)
    await device.closed
    expect(told).toEqual([])
    await expect.poll(() => told, { timeout: 45_000 }).toEqual(['unknown'])
  })

  test('is dropped where its device reads nothing of what the broker sends before it answers', async () => {
    const told = outcomes()
    const { device, twin } = await stage.device({ clientId: nextId(), connect })
    device.socket.pause()
    twin.send(publish({ topic: 'home/a', payload: Buffer.alloc(9 << 20) }))
    end(device)
    await twin.take('disconnect')
    await expect.poll(() => told, { timeout: 45_000 }).toEqual(['dropped'])
    device.end()
  })
})

test.each(['mosquitto', 'aedes'] as const)(
  'a Will is dropped behind %s too, whatever was sent before',
  async (kind) => {
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-will-'))
    const broker = await startEmbeddedBroker({ dir, port: await freePort(), kind, log: silent })
    onTestFinished(() => broker.stop())
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.${kind}`
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath, broker: broker.target })
    onTestFinished(() => proxy.stop())
    const told = outcomes()
    const messages = [0, 1, 2].map((qos) => publish({ topic: 'home/a', qos: qos as 0 | 1 | 2, messageId: qos + 1 }))
    const deep = publish({ topic: `home/${'a/'.repeat(250)}`, qos: 0 }) // more levels than either takes: refused before
    for (const sent of [messages, [deep]]) {
      const device = connectRaw({ ...stage.it, proxy }, { account: stage.sensor, clientId: nextId(), connect })
      expect(await device.connack()).toBe(0)
      device.socket.cork()
      for (const packet of [...sent, LEAVES]) device.send(packet)
      device.socket.uncork()
      await device.closed
    }
    await expect.poll(() => told).toEqual(['dropped', 'dropped'])
  },
)

describe('a Will whose CONNECT comes to nothing', () => {
  const mute = async (clientId: string): Promise<{ device: RawDevice; twin: ScriptedSession }> => {
    stage.broker.greets = ({ clientId: asked }) => !asked.endsWith(`.${clientId}`)
    const device = connectRaw(stage.it, { account: stage.sensor, clientId, connect })
    return { device, twin: await stage.broker.session(clientId) }
  }

  test('may have fired where the broker took the CONNECT and was lost', async () => {
    const told = outcomes()
    const { device, twin } = await mute(nextId())
    twin.socket.resetAndDestroy()
    expect(await device.connack()).toBe(0x88)
    await expect.poll(() => told).toEqual(['unknown'])
  })

  test('is dropped where the broker was silent and has heard the DISCONNECT behind it', async () => {
    const told = outcomes()
    const { device, twin } = await mute(nextId())
    expect(await device.connack()).toBe(0x88)
    await twin.take('disconnect')
    await expect.poll(() => told).toEqual(['dropped'])
  })

  test('is dropped where its device left meanwhile', async () => {
    const told = outcomes()
    const { device, twin } = await mute(nextId())
    device.socket.resetAndDestroy()
    await sleep(50)
    twin.send({ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 })
    await twin.take('disconnect')
    await expect.poll(() => told).toEqual(['dropped'])
  })
})

test('a proxy that stops waits until it knows how its Wills ended', async () => {
  const told = outcomes()
  const proxy = await startProxy({
    ...stage.it.options,
    viewSnapshotPath: `${stage.it.options.viewSnapshotPath}.stops`,
  })
  const clientId = nextId()
  const device = connectRaw({ ...stage.it, proxy }, { account: stage.sensor, clientId, connect })
  expect(await device.connack()).toBe(0)
  await stage.broker.session(clientId)
  await proxy.stop()
  expect(told).toEqual(['dropped'])
})
