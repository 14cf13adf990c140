/** Flow: windows, sizes, silence and slowness on both sides; each slows or ends only its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DenialReason } from '../../../domain/enums.ts'
import { wordsFor } from '../../../proxy/connection/farewell.ts'
import { startProxy } from '../../../proxy/start-proxy.ts'
import type { Account } from '../../support/chain.ts'
import { pause, type TestProxy, viewCaughtUp } from '../../support/mqtt.ts'
import { connectRaw } from '../../support/raw-device.ts'
import { bytesOf, hex, passed, publish, startTrapStage, type TrapStage } from '../../support/trap-stage.ts'

let stage: TrapStage
/** May read home/open alone. */
let guest: Account
beforeAll(async () => {
  stage = await startTrapStage({ limits: { stalledTimeoutMs: 1_500 } })
  guest = await stage.it.chain.account()
  await stage.it.chain.call('registerTopic', ['home/open'])
  await stage.it.chain.grant('home/open', guest.address, 2)
  await viewCaughtUp(stage.it)
})
afterAll(() => stage.stop())

/** The same with another proxy in front. */
async function withProxy<T>(more: object, work: (it: TestProxy) => Promise<T>): Promise<T> {
  const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.${Math.random()}`
  const proxy = await startProxy({ ...stage.it.options, ...more, viewSnapshotPath })
  try {
    return await work({ ...stage.it, proxy })
  } finally {
    await proxy.stop()
  }
}

describe('a withheld delivery', () => {
  test('is acknowledged for the device at QoS 1 and to its end at QoS 2, so that the broker’s window stays open [MQTT-3.3.4-9] [MQTT-4.5.0-2]', async () => {
    const { device, twin } = await stage.device({ account: guest })
    for (let id = 1; id <= 40; id += 2) {
      twin.send(publish({ topic: 'home/secret', payload: 'no' }))
      twin.send(publish({ topic: 'home/secret', payload: 'no', qos: 1, messageId: id }))
      expect(await twin.take('puback')).toMatchObject({ messageId: id })
      twin.send(publish({ topic: 'home/secret', payload: 'no', qos: 2, messageId: id + 1 }))
      expect(await twin.take('pubrec')).toMatchObject({ messageId: id + 1, reasonCode: 0 })
      twin.send({ cmd: 'pubrel', messageId: id + 1 })
      expect(await twin.take('pubcomp')).toMatchObject({ messageId: id + 1 })
    }
    twin.send(publish({ topic: 'home/open', payload: 'yes', qos: 1, messageId: 50 }))
    expect((await device.take('publish'))?.payload.toString()).toBe('yes')
    expect(device.packets).toEqual([])
  })

  test('is decided by its topic, never by the identifier of the subscription that it came for [MQTT-3.3.4-2]', async () => {
    const { device, twin } = await stage.device({ account: guest })
    const properties = { subscriptionIdentifier: [1, 2] }
    twin.send(publish({ topic: 'home/secret', properties }))
    twin.send(publish({ topic: 'home/open', properties }))
    const packet = await device.take('publish')
    expect(packet).toMatchObject({ topic: 'home/open', properties: { subscriptionIdentifier: [1, 2] } })
    expect(device.packets).toEqual([])
  })

  test('that set a topic alias leaves the next one its topic [MQTT-3.3.2-11]', async () => {
    const { chain } = stage.it
    const late = await chain.account()
    await chain.call('registerTopic', ['home/late'])
    const { device, twin } = await stage.device({ account: late, connect: { properties: { topicAliasMaximum: 5 } } })
    expect(twin.connect.properties?.topicAliasMaximum).toBe(5)
    twin.send(publish({ topic: 'home/late', payload: 'withheld', qos: 1, messageId: 1, properties: { topicAlias: 2 } }))
    await twin.take('puback')
    await chain.grant('home/late', late.address, 2)
    await viewCaughtUp(stage.it)
    twin.send(publish({ topic: '', payload: 'one', properties: { topicAlias: 2 } }))
    twin.send(publish({ topic: '', payload: 'two', properties: { topicAlias: 2 } }))
    expect(await device.take('publish')).toMatchObject({ topic: 'home/late', properties: { topicAlias: 2 } })
    expect(await device.take('publish')).toMatchObject({ topic: '', properties: { topicAlias: 2 } })
  })
})

describe('a delivery that the broker had under way', () => {
  test('reaches the device behind its UNSUBACK, and is decided like any other [MQTT-3.10.4-3]', async () => {
    const { device, twin } = await stage.device({ account: guest })
    device.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['home/#'] })
    await twin.take('unsubscribe')
    twin.send({ cmd: 'unsuback', messageId: 1, granted: [0] })
    twin.send(publish({ topic: 'home/secret', qos: 1, messageId: 1 }))
    twin.send(publish({ topic: 'home/open', qos: 1, messageId: 2 }))
    await device.take('publish')
    expect(device.packets.map(({ cmd }) => cmd)).toEqual(['unsuback'])
    expect(await twin.take('puback')).toMatchObject({ messageId: 1 })
  })
})

describe('a topic alias that the device did not offer', () => {
  test('ends the connection: the broker is not understood any more', async () => {
    const { device, twin } = await stage.device()
    twin.send(publish({ topic: 'home/a', properties: { topicAlias: 1 } }))
    expect(await device.disconnect()).toBe(0x80)
  })
})

describe('Receive Maximum', () => {
  test('of the device is the broker’s to keep, and a withheld delivery costs none of it [MQTT-3.3.4-7] [MQTT-4.9.0-2]', async () => {
    const { device, twin } = await stage.device({ account: guest, connect: { properties: { receiveMaximum: 2 } } })
    expect(twin.connect.properties?.receiveMaximum).toBe(2)
    for (let id = 1; id <= 10; id++) twin.send(publish({ topic: 'home/secret', qos: 1, messageId: id }))
    await expect.poll(() => twin.count('puback')).toBe(10)
    expect(device.packets).toEqual([])
  })

  test('of the broker reaches the device, whose quota comes back through our answers too [MQTT-4.9.0-2]', async () => {
    stage.broker.properties.receiveMaximum = 3
    const device = connectRaw(stage.it, { account: stage.sensor, clientId: 'quota' })
    expect((await device.take('connack'))?.properties?.receiveMaximum).toBe(3)
    delete stage.broker.properties.receiveMaximum
    for (let id = 1; id <= 9; id++) device.send(publish({ topic: 'garden/a', qos: 1, messageId: id }))
    for (let id = 1; id <= 9; id++) expect(await device.take('puback')).toMatchObject({ messageId: id })
  })
})

describe('Maximum Packet Size', () => {
  test('of the device cuts our words, not the answer [MQTT-3.1.2-24] [MQTT-3.4.2-2]', async () => {
    const { device } = await stage.device({ connect: { properties: { maximumPacketSize: 32 } } })
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 1 }))
    const answer = await device.take('puback')
    expect(answer).toMatchObject({ reasonCode: 0x87 })
    expect(bytesOf(answer!).length).toBeLessThanOrEqual(32)
    const small = await stage.device({ connect: { properties: { maximumPacketSize: 16 } } })
    small.device.send(publish({ topic: 'garden/a', qos: 1, messageId: 1 }))
    expect((await small.device.take('puback'))?.properties).toBeUndefined()
  })

  test('of the device is kept where the broker does not: what is too large counts as delivered [MQTT-3.1.2-25]', async () => {
    const { device, twin } = await stage.device({ connect: { properties: { maximumPacketSize: 100 } } })
    twin.send(publish({ topic: 'home/a', payload: Buffer.alloc(100), qos: 1, messageId: 4 }))
    expect(await twin.take('puback')).toMatchObject({ messageId: 4 })
    twin.send(publish({ topic: 'home/a', payload: Buffer.alloc(400_000), qos: 1, messageId: 5 }))
    expect(await twin.take('puback')).toMatchObject({ messageId: 5 })
    twin.send(publish({ topic: 'home/a', payload: 'fits', qos: 1, messageId: 6 }))
    expect((await device.take('publish'))?.messageId).toBe(6)
    expect(device.packets).toEqual([])
  })

  test('of the broker is told to the device, and a larger packet refused at its header', async () => {
    stage.broker.properties.maximumPacketSize = 2_000
    const device = connectRaw(stage.it, { account: stage.sensor, clientId: 'sized' })
    expect((await device.take('connack'))?.properties?.maximumPacketSize).toBe(2_000)
    delete stage.broker.properties.maximumPacketSize
    device.send(publish({ topic: 'home/a', payload: Buffer.alloc(3_000) }))
    expect(await device.disconnect()).toBe(0x95)
  })
})

describe('Request Problem Information 0', () => {
  test('keeps reason strings out of our answers [MQTT-3.1.2-29]', async () => {
    const talkative = await stage.device()
    talkative.device.send(publish({ topic: 'garden/a', qos: 1, messageId: 1 }))
    expect((await talkative.device.take('puback'))?.properties?.reasonString).toBe('TOPIC_UNREGISTERED')
    const { device, twin } = await stage.device({ connect: { properties: { requestProblemInformation: false } } })
    expect(twin.connect.properties?.requestProblemInformation).toBe(false)
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 1 }))
    expect((await device.take('puback'))?.properties).toBeUndefined()
  })
})

describe('a revocation', () => {
  test('while packets are in flight refuses all later ones within a block, and the release of those that the broker holds', async () => {
    const { chain } = stage.it
    const account = await chain.account()
    await chain.call('registerTopic', ['home/flight'])
    await chain.grant('home/flight', account.address, 1)
    await viewCaughtUp(stage.it)
    const { device, twin } = await stage.device({ account })
    twin.answers = false
    device.send(publish({ topic: 'home/flight', qos: 2, messageId: 1 }))
    await twin.take('publish')
    await chain.call('revoke', ['home/flight', account.address, 1])
    await viewCaughtUp(stage.it)
    twin.send({ cmd: 'pubrec', messageId: 1 })
    await device.take('pubrec')
    device.send(publish({ topic: 'home/flight', qos: 1, messageId: 2 }))
    expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    device.send({ cmd: 'pubrel', messageId: 1 })
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 1, reasonCode: 0x92 })
    expect(await device.disconnect()).toBe(0x87)
    await twin.closed
    expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['disconnect'])
  })
})

describe('keep alive', () => {
  test('is the broker’s own where it says so; a silent device is ended, and the broker pinged for what we swallow [MQTT-3.1.2-21] [MQTT-3.2.2-21] [MQTT-3.1.2-22]', async () => {
    stage.broker.properties.serverKeepAlive = 2
    const clientId = 'kept'
    const device = connectRaw(stage.it, { account: stage.sensor, clientId, connect: { keepalive: 60 } })
    expect((await device.take('connack'))?.properties?.serverKeepAlive).toBe(2)
    delete stage.broker.properties.serverKeepAlive
    const twin = await stage.broker.session(clientId)
    for (let i = 0; i < 5; i++) {
      await pause(500)
      device.send(publish({ topic: 'garden/a' })) // denied: the broker hears nothing of it
    }
    expect(twin.count('pingreq')).toBeGreaterThan(0)
    expect(await device.disconnect()).toBe(0x8d)
    await twin.closed
  })

  test('of a PINGREQ is answered by us, and none of them reaches the broker', async () => {
    const { device, twin } = await stage.device()
    for (let i = 0; i < 5; i++) await passed(device)
    expect(twin.count('pingreq')).toBe(0)
  })
})

describe('a slow reader', () => {
  test('holds up only its own deliveries, in bounded memory, and is cut when it reads nothing for long', async () => {
    const slow = await stage.device()
    const quick = await stage.device()
    slow.device.socket.pause()
    const message = publish({ topic: 'home/a', payload: Buffer.alloc(60_000) })
    const isHeld = (): boolean => slow.twin.socket.writableLength > 1_000_000
    for (let i = 0; i < 3_000 && !isHeld(); i++) {
      slow.twin.send(message)
      if (i % 20 === 0) await pause(1)
    }
    expect(isHeld()).toBe(true)
    const startedAt = performance.now()
    quick.twin.send(publish({ topic: 'home/a', payload: 'quick' }))
    expect((await quick.device.take('publish'))?.payload.toString()).toBe('quick')
    expect(performance.now() - startedAt).toBeLessThan(1_400)
    await slow.twin.closed
    expect(stage.it.proxy.stats()['cut:SLOW_READER']).toBe(1)
    slow.device.end()
  })

  test('that holds more than all may hold together is cut first', async () => {
    await withProxy({ limits: { maxBufferedBytes: 50_000 } }, async (it) => {
      const device = connectRaw(it, { account: stage.sensor, clientId: 'greedy' })
      expect(await device.connack()).toBe(0)
      const twin = await stage.broker.session('greedy')
      device.socket.pause()
      for (let i = 0; i < 200; i++) twin.send(publish({ topic: 'home/a', payload: Buffer.alloc(60_000) }))
      await twin.closed
      expect(it.proxy.stats()['cut:SLOW_READER']).toBe(1)
      device.end()
    })
  })

  test('that has many messages at the broker without releasing one is cut for what they take here, too', async () => {
    await withProxy({ limits: { maxBufferedBytes: 150_000 } }, async (it) => {
      const device = connectRaw(it, { account: stage.sensor, clientId: 'hoarder' })
      expect(await device.connack()).toBe(0)
      const twin = await stage.broker.session('hoarder')
      for (let messageId = 1; messageId <= 1_000; messageId++)
        device.send(publish({ topic: 'home/a', qos: 2, messageId }))
      await twin.closed
      expect(twin.count('publish')).toBe(1_000)
      expect(it.proxy.stats()['cut:SLOW_READER']).toBe(1)
      device.end()
    })
  })
})

describe('a large delivery in pieces', () => {
  test('has nothing of ours inside it', async () => {
    const { device, twin } = await stage.device()
    const large = bytesOf(publish({ topic: 'home/a', payload: Buffer.alloc(700_000, 5) }))
    twin.send(large.subarray(0, 300_000))
    for (let i = 0; i < 20; i++) {
      device.send(publish({ topic: 'garden/a', qos: 1, messageId: i + 1 }))
      device.send({ cmd: 'pingreq' })
    }
    await pause(50)
    expect(device.packets).toEqual([])
    twin.send(large.subarray(300_000))
    expect((await device.take('publish'))?.payload.length).toBe(700_000)
    await expect.poll(() => device.packets.length).toBe(40)
  })
})

describe('a flood of names', () => {
  test('fills no memory and defeats no decision', async () => {
    const { device, twin } = await stage.device()
    for (let i = 0; i < 3_000; i++) device.send(publish({ topic: `${i % 2 === 0 ? 'home' : 'garden'}/flood/${i}` }))
    await passed(device)
    await expect.poll(() => twin.count('publish')).toBe(1_500)
    expect(twin.packets.every((packet) => packet.cmd === 'publish' && packet.topic.startsWith('home/'))).toBe(true)
  })
})

describe('half of a connection', () => {
  test('that says FIN ends both after what it sent has passed', async () => {
    const { device, twin } = await stage.device()
    device.socket.end(bytesOf(publish({ topic: 'home/a', payload: 'last' })))
    await twin.closed
    expect((await twin.take('publish').catch(() => undefined))?.payload.toString()).toBe('last')
    await device.closed
  })

  test('that resets ends both, and nothing is left of it', async () => {
    const { device, twin } = await stage.device()
    device.socket.resetAndDestroy()
    await twin.closed
    const before = stage.it.proxy.connections()
    const other = await stage.device()
    other.twin.socket.resetAndDestroy()
    expect(await other.device.disconnect()).toBeGreaterThanOrEqual(0x80)
    await expect.poll(() => stage.it.proxy.connections()).toBeLessThanOrEqual(before)
  })
})

describe('a broker that dies mid-flow', () => {
  test('leaves unanswered what it did not answer, and the device is told', async () => {
    const { device, twin } = await stage.device()
    twin.answers = false
    device.send(publish({ topic: 'home/a', qos: 1, messageId: 1 }))
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 2 }))
    await twin.take('publish')
    twin.socket.resetAndDestroy()
    expect(await device.disconnect()).toBeGreaterThanOrEqual(0x80)
    expect(device.packets.filter(({ cmd }) => cmd === 'puback')).toEqual([])
  })
})

describe('a DISCONNECT of ours', () => {
  type Asked = { requestProblemInformation?: boolean; maximumPacketSize?: number }
  const told = async (asked: Asked, version: 4 | 5 = 5) => {
    const connect = version === 5 ? { properties: asked } : {}
    const { device } = await stage.device({ version, connect })
    device.send(hex('f0 00')) // an AUTH out of turn, and in MQTT 3.1.1 no packet at all
    const packet = await device.take('disconnect')
    await device.closed
    return packet
  }

  test('says why in a sentence, unless the device does not want to know [MQTT-3.1.2-29]', async () => {
    expect((await told({}))?.properties?.reasonString).toMatch(/^What came is no packet that may come here: .+\.$/)
    const silent = await told({ requestProblemInformation: false })
    expect(silent?.reasonCode).toBe(0x82)
    expect(silent?.properties?.reasonString).toBeUndefined()
  })

  test('leaves the sentence out where it would be larger than the device takes [MQTT-3.14.2-3]', async () => {
    const short = await told({ maximumPacketSize: 24 })
    expect(short?.reasonCode).toBe(0x82)
    expect(short?.properties?.reasonString).toBeUndefined()
    expect(await told({ maximumPacketSize: 2 })).toBeUndefined()
  })

  test('is not sent to MQTT 3.1.1, which knows none from a server', async () => {
    expect(await told({}, 4)).toBeUndefined()
  })

  test('has its own words for each right that ended, and one sentence for every proof that failed', () => {
    const own = [
      DenialReason.CREDENTIAL_EXPIRED,
      DenialReason.CREDENTIAL_REVOKED,
      DenialReason.DEVICE_KEY_EXPIRED,
      DenialReason.DEVICE_KEY_REVOKED,
      DenialReason.WALLET_SUSPENDED,
      DenialReason.BANNED,
      DenialReason.SHUTTING_DOWN,
    ].map(wordsFor)
    expect(new Set(own).size).toBe(own.length)
    const failed = [
      DenialReason.SIGNATURE_INVALID,
      DenialReason.SIGNER_NOT_AUTHORIZED,
      DenialReason.CHALLENGE_EXPIRED,
      DenialReason.AUDIENCE_UNKNOWN,
      DenialReason.WALLET_CHANGED,
    ].map(wordsFor)
    expect(new Set(failed)).toEqual(new Set(['Not authorized.']))
  })
})

describe('a proxy that stops', () => {
  test('lets what is under way at QoS 1 and 2 end, begins nothing new, and says 0x8B', async () => {
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.drain`
    const proxy = await startProxy({ ...stage.it.options, viewSnapshotPath, drainMs: 5_000 })
    const it = { ...stage.it, proxy }
    const device = connectRaw(it, { account: stage.sensor, clientId: 'drained' })
    expect(await device.connack()).toBe(0)
    const twin = await stage.broker.session('drained')
    twin.answers = false
    device.send(publish({ topic: 'home/a', qos: 1, messageId: 1 }))
    device.send(publish({ topic: 'home/a', qos: 2, messageId: 2 }))
    twin.send(publish({ topic: 'home/b', qos: 1, messageId: 9 }))
    await twin.take('publish')
    await device.take('publish')
    const stopped = proxy.stop()
    await pause(50)
    device.send(publish({ topic: 'home/late', qos: 1, messageId: 3 }))
    twin.send(publish({ topic: 'home/late', qos: 1, messageId: 10 }))
    twin.send({ cmd: 'puback', messageId: 1 })
    twin.send({ cmd: 'pubrec', messageId: 2 })
    await device.take('pubrec')
    device.send({ cmd: 'pubrel', messageId: 2 })
    await twin.take('pubrel')
    twin.send({ cmd: 'pubcomp', messageId: 2 })
    device.send({ cmd: 'puback', messageId: 9 })
    const goodbye = await device.take('disconnect')
    expect(goodbye?.reasonCode).toBe(0x8b)
    expect(goodbye?.properties?.reasonString).toBe('The server is shutting down: connect again.')
    await stopped
    expect(device.packets.map(({ cmd }) => cmd)).toEqual(['puback', 'pubcomp'])
    expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['publish', 'puback', 'disconnect'])
  })

  test('shares its port with another that goes on', async () => {
    const listen = [{ host: '127.0.0.1', port: 0, reusePort: true }]
    await withProxy({ listen }, async (first) => {
      const same = [{ host: '127.0.0.1', port: first.proxy.port, reusePort: true }]
      await withProxy({ listen: same }, async (second) => {
        const devices = Array.from({ length: 24 }, (_, i) =>
          connectRaw(first, { account: stage.sensor, clientId: `shared${i}` }),
        )
        for (const device of devices) expect(await device.connack()).toBe(0)
        expect(first.proxy.connections() + second.proxy.connections()).toBe(24)
        expect(Math.min(first.proxy.connections(), second.proxy.connections())).toBeGreaterThan(0)
        for (const device of devices) device.end()
      })
    })
  })
})
