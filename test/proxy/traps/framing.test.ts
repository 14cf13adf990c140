/** Framing and bytes: what is forwarded was understood to its last byte, and what is not understood goes nowhere. */
import { createConnection } from 'node:net'
import type { Packet } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRaw, RawDevice } from '../../support/raw-device.ts'
import { bytesOf, hex, passed, publish, startTrapStage, type TrapStage } from '../../support/trap-stage.ts'

let stage: TrapStage
beforeAll(async () => {
  stage = await startTrapStage()
})
afterAll(() => stage.stop())

/** The code that ends a connection in service which sends these bytes; nothing of them may reach the broker. */
async function codeAfter(bytes: Buffer, version: 4 | 5 = 5): Promise<number | 'closed'> {
  const { device, twin } = await stage.device({ version })
  device.send(bytes)
  const code = await device.disconnect()
  await twin.closed
  expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['disconnect'])
  return code
}

describe('a stream of packets', () => {
  const stream = Buffer.concat([
    bytesOf(publish({ topic: 'home/a', payload: 'one' })),
    bytesOf(publish({ topic: 'garden/a', payload: 'denied' })),
    bytesOf(publish({ topic: 'home/b', payload: Buffer.alloc(300, 7), qos: 1, messageId: 1 })),
    bytesOf(publish({ topic: 'home/c', payload: 'three', qos: 2, messageId: 2 })),
    bytesOf(publish({ topic: 'home/a', properties: { userProperties: { b: '1', a: '2' } } })),
    hex('c000'),
  ])
  const allowed = Buffer.concat([
    bytesOf(publish({ topic: 'home/a', payload: 'one' })),
    bytesOf(publish({ topic: 'home/b', payload: Buffer.alloc(300, 7), qos: 1, messageId: 1 })),
    bytesOf(publish({ topic: 'home/c', payload: 'three', qos: 2, messageId: 2 })),
    bytesOf(publish({ topic: 'home/a', properties: { userProperties: { b: '1', a: '2' } } })),
  ])

  test('cut anywhere, gives the same bytes and decisions in the same order', async () => {
    const { device, twin } = await stage.device()
    twin.answers = false
    device.socket.setNoDelay(true)
    let rounds = 0
    for (let cut = 1; cut < stream.length; cut += cut < 90 ? 1 : 37) {
      twin.chunks.length = 0
      device.send(stream.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      device.send(stream.subarray(cut))
      expect(await device.take('pingresp')).toBeDefined()
      await expect.poll(() => twin.bytes.length, { interval: 1 }).toBe(allowed.length)
      expect(twin.bytes.equals(allowed)).toBe(true)
      rounds++
    }
    expect(rounds).toBeGreaterThan(90)
  })

  test('one byte a segment, and a thousand packets in one, are the same', async () => {
    const { device, twin } = await stage.device()
    twin.answers = false
    device.socket.setNoDelay(true)
    for (const byte of stream) {
      device.send(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await device.take('pingresp')
    await expect.poll(() => twin.bytes.length).toBe(allowed.length)
    expect(twin.bytes.equals(allowed)).toBe(true)

    twin.chunks.length = 0
    const one = bytesOf(publish({ topic: 'home/a', payload: 'many' }))
    device.send(Buffer.concat(Array.from({ length: 1_000 }, () => one)))
    await passed(device)
    await expect.poll(() => twin.bytes.length).toBe(one.length * 1_000)
  })

  test('of the largest packet, a kilobyte at a time, arrives whole', async () => {
    const { device, twin } = await stage.device()
    const large = bytesOf(publish({ topic: 'home/a', payload: Buffer.alloc(1_000_000, 1) }))
    for (let at = 0; at < large.length; at += 1_000) device.send(large.subarray(at, at + 1_000))
    await passed(device)
    await expect.poll(() => twin.bytes.length).toBe(large.length)
    expect(twin.bytes.equals(large)).toBe(true)
  })
})

describe('a connection ends, and the broker hears nothing, on', () => {
  test.each([
    ['a header that claims 256 MB, before a byte of the body', '30 ff ff ff 7f', 0x95],
    ['a remaining length of five bytes [MQTT-1.5.5]', '30 ff ff ff ff 7f', 0x81],
    ['a remaining length longer than needed [MQTT-1.5.5-1]', 'c0 80 00', 0x81],
    ['a property length past the packet’s end, whatever follows', '30 09 0006 686f6d652f61 7f c000', 0x81],
    ['a packet identifier that would be the next packet’s bytes', '32 08 0006 686f6d652f61 c000', 0x81],
    ['SUBSCRIBE with flags 0 [MQTT-3.8.1-1]', '80 0c 0001 00 0006 686f6d652f61 00', 0x81],
    ['PUBREL with flags 0 [MQTT-3.6.1-1]', '60 02 0001', 0x81],
    ['PINGREQ with flags 1 [MQTT-2.1.3-1]', 'c1 00', 0x81],
    ['QoS 3 [MQTT-3.3.1-4]', '36 0b 0006 686f6d652f61 0001 00', 0x81],
    ['DUP with QoS 0 [MQTT-3.3.1-2]', '38 09 0006 686f6d652f61 00', 0x81],
    ['bytes left over in PINGREQ', 'c0 01 00', 0x81],
    ['bytes left over in PUBACK', '40 05 0001 00 00 00', 0x81],
    ['bytes left over in DISCONNECT', 'e0 03 00 00 00', 0x81],
    ['a PUBACK of one byte', '40 01 00', 0x81],
    ['packet identifier 0 [MQTT-2.2.1-3]', '32 0b 0006 686f6d652f61 0000 00', 0x82],
    ['ill-formed UTF-8 in a topic [MQTT-1.5.4-1]', '30 09 0006 686f6d652fc3 00', 0x81],
    ['a surrogate in a topic [MQTT-1.5.4-1]', '30 06 0003 eda080 00', 0x81],
    ['an overlong form in a topic [MQTT-1.5.4-1]', '30 05 0002 c0af 00', 0x81],
    ['U+0000 in a topic [MQTT-1.5.4-2] [MQTT-4.7.3-2]', '30 09 0006 686f6d652f00 00', 0x81],
    ['ill-formed UTF-8 in a filter [MQTT-1.5.4-1]', '82 08 0001 00 0002 c328 00', 0x81],
    ['ill-formed UTF-8 in a user property [MQTT-1.5.4-1]', '30 10 0006 686f6d652f61 07 26 0001 61 0001 ff 00', 0x81],
    ['ill-formed UTF-8 in a response topic [MQTT-1.5.4-1]', '30 0e 0006 686f6d652f61 05 08 0002 c328', 0x81],
    ['an unknown property', '30 0b 0006 686f6d652f61 02 7e 00', 0x81],
    ['a property of another packet', '30 0e 0006 686f6d652f61 05 11 00000001', 0x82],
    ['a property twice', '30 0d 0006 686f6d652f61 04 01 00 01 00', 0x82],
    ['payload format 7', '30 0b 0006 686f6d652f61 02 01 07', 0x82],
    ['a second CONNECT [MQTT-3.1.0-2]', '10 10 0004 4d515454 05 02 0000 00 0003 616161', 0x82],
    ['a packet of the wrong direction: CONNACK', '20 03 00 00 00', 0x82],
    ['a packet of the wrong direction: SUBACK', '90 04 0001 00 00', 0x82],
    ['AUTH without a method [MQTT-4.12.0-7]', 'f0 00', 0x82],
  ])('%s', async (_, bytes, code) => {
    expect(await codeAfter(hex(bytes))).toBe(code)
  })

  test.each([
    ['SUBSCRIBE with flags 0 [MQTT-2.2.2-2]', '80 0b 0001 0006 686f6d652f61 00'],
    ['ill-formed UTF-8 in a topic [MQTT-1.5.3-1]', '30 08 0006 686f6d652fc3'],
    ['a surrogate in a topic [MQTT-1.5.3-1]', '30 05 0003 eda080'],
    ['U+0000 in a topic [MQTT-1.5.3-2]', '30 08 0006 686f6d652f00'],
    ['bytes left over in PUBACK', '40 03 0001 00'],
  ])('%s, in MQTT 3.1.1', async (_, bytes) => {
    expect(await codeAfter(hex(bytes), 4)).toBe('closed')
  })

  test('AUTH in MQTT 3.1.1, which has none', async () => {
    expect(await codeAfter(hex('f0 00'), 4)).toBe('closed')
  })

  test('thousands of user properties', async () => {
    const pairs = Buffer.concat(Array.from({ length: 3_000 }, () => hex('26 0001 61 0001 62')))
    const length = Buffer.of((pairs.length & 0x7f) | 0x80, ((pairs.length >> 7) & 0x7f) | 0x80, pairs.length >> 14)
    const body = Buffer.concat([hex('0006 686f6d652f61'), length, pairs])
    const header = Buffer.of(0x30, (body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14)
    expect(await codeAfter(Buffer.concat([header, body]))).toBe(0x82)
  })
})

describe('what comes right behind CONNECT', () => {
  const behind: Packet[] = [
    { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'home/#', qos: 0 }] },
    publish({ topic: 'home/a', payload: 'one', qos: 1, messageId: 2 }),
    publish({ topic: 'home/b', payload: 'two', qos: 1, messageId: 3 }),
  ]

  test('waits for the CONNACK, then goes on in its order', async () => {
    const device = connectRaw(stage.it, { account: stage.sensor, clientId: 'hasty' })
    for (const packet of behind) device.send(packet)
    await passed(device)
    expect(device.packets.map(({ cmd }) => cmd).slice(0, 2)).toEqual(['connack', 'suback'])
    const twin = await stage.broker.session('hasty')
    await expect.poll(() => twin.packets.map(({ cmd }) => cmd)).toEqual(['subscribe', 'publish', 'publish'])
    device.end()
  })

  test('is never looked at when the CONNECT is refused, and no broker is dialled [MQTT-3.1.4-6]', async () => {
    const dialled = stage.broker.dialled.length
    const seen = () => stage.it.proxy.stats()
    const before = seen()
    const stranger = await stage.it.chain.account()
    const device = connectRaw(stage.it, { account: stage.sensor, signer: stranger, clientId: 'hasty-too' })
    for (const packet of behind) device.send(packet)
    device.send(hex('f0 00'))
    await device.closed
    expect(device.packets).toMatchObject([{ cmd: 'connack', reasonCode: 0x87 }])
    expect(stage.broker.dialled).toHaveLength(dialled)
    expect({ ...seen(), 'connect:SIGNER_NOT_AUTHORIZED': 0 }).toEqual({ ...before, 'connect:SIGNER_NOT_AUTHORIZED': 0 })
  })
})

describe('before CONNECT is answered,', () => {
  const first = async (bytes: Buffer): Promise<RawDevice> => {
    const device = new RawDevice(stage.it.proxy.port)
    device.send(bytes)
    await device.closed
    return device
  }

  test.each([
    ['a first packet that is no CONNECT [MQTT-3.1.0-1]', '30 09 0006 686f6d652f61 00'],
    ['the reserved CONNECT flag [MQTT-3.1.2-3]', '10 10 0004 4d515454 05 03 0000 00 0003 616161'],
    ['Will QoS without a Will [MQTT-3.1.2-11]', '10 10 0004 4d515454 05 0a 0000 00 0003 616161'],
    ['Will Retain without a Will [MQTT-3.1.2-13]', '10 10 0004 4d515454 05 22 0000 00 0003 616161'],
    ['bytes left over in CONNECT', '10 11 0004 4d515454 05 02 0000 00 0003 616161 00'],
    ['ill-formed UTF-8 in the client id [MQTT-1.5.4-1]', '10 0f 0004 4d515454 05 02 0000 00 0002 c328'],
  ])('%s closes without a word', async (_, bytes) => {
    expect((await first(hex(bytes))).packets.filter(({ cmd }) => cmd === 'connack')).toEqual([])
  })

  test.each([
    ['MQTT 6', '06', 0x84],
    ['MQTT 3.1', '03', 1],
    ['the bridge bit of Mosquitto', '84', 1],
  ])('%s is answered as an unknown protocol version, and closed [MQTT-3.1.2-2]', async (_, level, code) => {
    const socket = createConnection(stage.it.proxy.port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.write(hex(`10 10 0004 4d515454 ${level} 02 0000 00 0003 616161`))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(Buffer.concat(chunks)[3]).toBe(code)
  })
})

describe('topics are bytes:', () => {
  test('a name in NFC and the same in NFD are two, and both arrive as they were sent [MQTT-4.7.3-4]', async () => {
    const { device, twin } = await stage.device()
    for (const topic of ['home/\u00e9', 'home/e\u0301', 'home/\ufeffbom', 'home/', 'home//a', 'home']) {
      twin.chunks.length = 0
      const bytes = bytesOf(publish({ topic, qos: 1, messageId: 9 }))
      device.send(bytes)
      expect((await device.take('puback'))?.reasonCode).toBe(0)
      expect(twin.bytes.equals(bytes)).toBe(true)
    }
  })

  test('empty levels and letter case are other topics, under no grant', async () => {
    const { device, twin } = await stage.device()
    for (const topic of ['/home/a', 'Home/a', 'HOME', 'home /a', 'homf/a']) {
      device.send(publish({ topic, qos: 1, messageId: 9 }))
      expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    }
    expect(twin.count('publish')).toBe(0)
  })
})
