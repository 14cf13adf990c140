/** Which shared subscriptions of a session are left, and what is remembered of them until the broker has left them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { ErasureOrder } from '../../records/erasure/order.ts'
import type { Account } from '../support/chain.ts'
import { viewCaughtUp } from '../support/mqtt.ts'
import type { RawDevice } from '../support/raw-device.ts'
import type { ScriptedSession } from '../support/scripted-broker.ts'
import { passed, startTrapStage, type TrapStage } from '../support/trap-stage.ts'

const dir = mkdtempSync(join(tmpdir(), 'flytrap-groups-'))
let stage: TrapStage
let reader: Account
let lastId = 0

beforeAll(async () => {
  stage = await startTrapStage({ limits: { maxPacketBytes: 1 << 20 }, keptGroupsPath: join(dir, 'kept-groups.sqlite') })
  return async () => {
    await stage.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
beforeEach(async () => {
  reader = await stage.it.chain.account()
  await stage.it.chain.grant('home/#', reader.address, 2)
  await viewCaughtUp(stage.it)
  Object.assign(stage.broker, { sessionPresent: false, properties: {} })
})

const KEPT = { clean: false, properties: { sessionExpiryInterval: 3_600 } }

async function revoke(): Promise<void> {
  await stage.it.chain.call('revoke', ['home/#', reader.address, 2])
  await viewCaughtUp(stage.it)
}

async function joinGroups(device: RawDevice, filters: readonly string[]): Promise<readonly unknown[]> {
  const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const }))
  device.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  return (await device.take('suback'))?.granted ?? []
}

describe('a group of a kept session', () => {
  const FILTER = '$share/g/home/a'
  const comeBack = async (clientId: string, { device, twin }: { device: RawDevice; twin: ScriptedSession }) => {
    device.socket.resetAndDestroy()
    await twin.closed
    stage.broker.sessionPresent = true
    return stage.device({ account: reader, clientId, connect: KEPT })
  }

  test('is left again by who comes back, until the broker said that it is left', async () => {
    const clientId = `kept-${++lastId}`
    let both = await stage.device({ account: reader, clientId, connect: KEPT })
    expect(await joinGroups(both.device, [FILTER])).toEqual([0])
    await revoke()
    await both.twin.take('unsubscribe') // and no answer

    both = await comeBack(clientId, both)
    const { messageId: refused = 0 } = await both.twin.take('unsubscribe')
    both.twin.send({ cmd: 'unsuback', messageId: refused, granted: [0x83] })
    await expect.poll(() => stage.it.proxy.stats()['share:not-left']).toBe(1)

    both = await comeBack(clientId, both)
    const again = await both.twin.take('unsubscribe')
    expect(again.unsubscriptions).toEqual([FILTER])
    both.twin.send({ cmd: 'unsuback', messageId: again.messageId ?? 0, granted: [0] })
    both.device.send({ cmd: 'unsubscribe', messageId: 0xffff, unsubscriptions: ['home/x'] }) // waits for it
    expect((await both.twin.take('unsubscribe')).unsubscriptions).toEqual(['home/x'])

    both = await comeBack(clientId, both)
    await passed(both.device)
    expect(both.twin.count('unsubscribe')).toBe(0)
    both.device.end()
  })

  test('that the device leaves itself is remembered until the broker has answered', async () => {
    const clientId = `kept-${++lastId}`
    let both = await stage.device({ account: reader, clientId, connect: KEPT })
    await joinGroups(both.device, [FILTER])
    both.device.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [FILTER] })
    await both.twin.take('unsubscribe')
    await revoke()
    both = await comeBack(clientId, both)
    expect((await both.twin.take('unsubscribe')).unsubscriptions).toEqual([FILTER])
    both.device.end()
  })

  test('that the broker refuses to end for the device is left by us, once it may no longer be read, and by who comes back', async () => {
    const clientId = `kept-${++lastId}`
    let both = await stage.device({ account: reader, clientId, connect: KEPT })
    await joinGroups(both.device, [FILTER])
    both.device.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [FILTER] })
    await both.twin.take('unsubscribe')
    both.twin.send({ cmd: 'unsuback', messageId: 2, granted: [0x80] })
    expect((await both.device.take('unsuback'))?.granted).toEqual([0x80])
    await revoke()
    const { messageId = 0 } = await both.twin.take('unsubscribe')
    both.twin.send({ cmd: 'unsuback', messageId, granted: [0x80] })
    both = await comeBack(clientId, both)
    expect((await both.twin.take('unsubscribe')).unsubscriptions).toEqual([FILTER])
    both.device.end()
  })
})

describe('a group whose member was erased', () => {
  const bytes = (): Buffer => Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))))

  test.each(['subject', 'topic-owner'] as const)(
    'by %s stands in no file of the home, and what it may no longer read is withheld',
    async (ground) => {
      const clientId = `erased-${++lastId}`
      const topicName = `home/of-${clientId}`
      const first = await stage.device({ account: reader, clientId, connect: KEPT })
      await joinGroups(first.device, [`$share/g/${topicName}`])
      expect(bytes().includes(topicName)).toBe(true)
      const about = ground === 'subject' ? { account: reader.address } : { topicIds: [topicIdOf('home')] }
      await stage.it.records.erase({ ground, ...about } as ErasureOrder)
      expect(bytes().includes(topicName)).toBe(false)
      first.device.socket.resetAndDestroy()
      await first.twin.closed
      await revoke()
      stage.broker.sessionPresent = true
      const { device, twin } = await stage.device({ account: reader, clientId, connect: KEPT })
      twin.send({ cmd: 'publish', topic: topicName, payload: 'x', qos: 0, dup: false, retain: false })
      await expect.poll(() => stage.it.proxy.stats()['deliver:GRANT_REVOKED']).toBeGreaterThan(0)
      await passed(device)
      expect(device.packets.filter(({ cmd }) => cmd === 'publish')).toEqual([])
      expect(bytes().includes(topicName)).toBe(false)
      device.end()
    },
  )
})

describe('the groups of one session', () => {
  test('are at most 256, and are left in packets that the broker takes', async () => {
    stage.broker.properties = { maximumPacketSize: 2_000 }
    const { device, twin } = await stage.device({ account: reader })
    const filters = Array.from({ length: 258 }, (_, i) => `$share/g/home/${i}`)
    for (let i = 0; i < 258; i += 64) {
      const granted = await joinGroups(device, filters.slice(i, i + 64))
      expect(granted).toEqual(filters.slice(i, i + 64).map((_, j) => (i + j < 256 ? 0 : 0x97)))
    }
    expect(await joinGroups(device, [filters[0] ?? '', 'home/plain'])).toEqual([0, 0]) // it stands already
    await revoke()
    const left: string[] = []
    let packets = 0
    while (left.length < 256) {
      left.push(...(await twin.take('unsubscribe')).unsubscriptions)
      packets++
    }
    expect(left.toSorted()).toEqual(filters.slice(0, 256).toSorted())
    expect(packets).toBe(3)
    expect(stage.it.proxy.stats()['subscribe:LIMIT_EXCEEDED']).toBe(2)
    device.end()
  })

  test('have at most 16 KiB of filters', async () => {
    const { device } = await stage.device({ account: reader, version: 4 })
    const filters = Array.from({ length: 17 }, (_, i) => `$share/${`${i}`.padEnd(1_000, 'x')}/home/a`)
    expect(await joinGroups(device, filters)).toEqual(filters.map((_, i) => (i < 16 ? 0 : 0x80)))
    device.end()
  })
})
