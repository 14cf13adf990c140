/** PUBLISH: what is denied, what is altered (nothing), and what an alias or a response topic must not smuggle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Action, DenialReason, Outcome } from '../../../domain/enums.ts'
import { startProxy } from '../../../proxy/start-proxy.ts'
import type { Account } from '../../support/chain.ts'
import { pause, viewCaughtUp } from '../../support/mqtt.ts'
import { readHistory } from '../../support/records.ts'
import { bytesOf, hex, passed, publish, startTrapStage, type TrapStage } from '../../support/trap-stage.ts'

let stage: TrapStage
/** May publish below home, and read nothing. */
let writer: Account
beforeAll(async () => {
  stage = await startTrapStage()
  stage.broker.properties.topicAliasMaximum = 10
  writer = await stage.it.chain.account()
  await stage.it.chain.grant('home/#', writer.address, 1)
  await viewCaughtUp(stage.it)
})
afterAll(() => stage.stop())

describe('a denied PUBLISH', () => {
  test('at QoS 0 goes nowhere; at QoS 1 and 2 it is answered 0x87 by its own id, which is free again [MQTT-4.3.3-9] [MQTT-4.4.0-2]', async () => {
    const { device, twin } = await stage.device()
    device.send(publish({ topic: 'garden/a' }))
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 7 }))
    device.send(publish({ topic: 'garden/a', qos: 2, messageId: 8 }))
    expect(await device.take('puback')).toMatchObject({ messageId: 7, reasonCode: 0x87 })
    expect(await device.take('pubrec')).toMatchObject({ messageId: 8, reasonCode: 0x87 })
    device.send(publish({ topic: 'home/a', qos: 2, messageId: 8 }))
    expect(await device.take('pubrec')).toMatchObject({ messageId: 8, reasonCode: 0 })
    expect(twin.packets).toHaveLength(1)
  })

  test('of MQTT 3.1.1, which cannot say no, ends the connection, and the broker gets a clean DISCONNECT [MQTT-3.3.5-2]', async () => {
    const { device, twin } = await stage.device({ version: 4 })
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 7 }))
    await device.closed
    await twin.closed
    expect(twin.packets.map(({ cmd }) => cmd)).toEqual(['disconnect'])
  })

  test('of MQTT 3.1.1, where the operator would rather drop it, is acknowledged to its end and goes nowhere [MQTT-3.3.5-2]', async () => {
    const viewSnapshotPath = `${stage.it.options.viewSnapshotPath}.drop`
    const proxy = await startProxy({ ...stage.it.options, deniedPublish: 'drop', viewSnapshotPath })
    const dropping = { ...stage, it: { ...stage.it, proxy } }
    const { connectRaw } = await import('../../support/raw-device.ts')
    const device = connectRaw(dropping.it, { account: stage.sensor, clientId: 'dropped', version: 4 })
    expect(await device.connack()).toBe(0)
    const twin = await stage.broker.session('dropped')
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 7 }))
    expect(await device.take('puback')).toMatchObject({ messageId: 7 })
    device.send(publish({ topic: 'garden/a', qos: 2, messageId: 8 }))
    expect(await device.take('pubrec')).toMatchObject({ messageId: 8 })
    device.send({ cmd: 'pubrel', messageId: 8 })
    expect(await device.take('pubcomp')).toMatchObject({ messageId: 8 })
    expect(twin.packets).toEqual([])
    await proxy.stop()
  })

  test('is answered in its turn, behind what the broker has still to answer [MQTT-4.6.0-2]', async () => {
    const { device, twin } = await stage.device()
    twin.answers = false
    device.send(publish({ topic: 'home/a', qos: 1, messageId: 1 }))
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 2 }))
    device.send(publish({ topic: 'home/a', qos: 1, messageId: 3 }))
    device.send(publish({ topic: 'garden/a', qos: 1, messageId: 4 }))
    await passed(device)
    expect(device.packets).toEqual([])
    await twin.take('publish')
    twin.send({ cmd: 'puback', messageId: 1 })
    twin.send({ cmd: 'puback', messageId: 3 })
    const seen: unknown[] = []
    while (seen.length < 4) {
      const ack = await device.take('puback')
      seen.push([ack?.messageId, ack?.reasonCode])
    }
    expect(seen).toEqual([
      [1, 0],
      [2, 0x87],
      [3, 0],
      [4, 0x87],
    ])
  })

  test('in a flood whose answers are not read makes the proxy rest instead of growing, and all are answered at last', async () => {
    const { device } = await stage.device()
    device.socket.pause()
    const count = 60_000
    const one = bytesOf(publish({ topic: 'garden/a', qos: 1, messageId: 5 }))
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => one))
    let sent = 0
    for (; sent < count && device.socket.writableLength < 200_000; sent += 1_000) {
      device.send(flood)
      await pause(2)
    }
    device.socket.resume()
    for (; sent < count; sent += 1_000) device.send(flood)
    await expect.poll(() => device.packets.length, { timeout: 45_000 }).toBe(count)
    device.end()
  })

  test('for a name of a kilobyte and more is refused as a name, and recorded by its beginning', async () => {
    const { device, twin } = await stage.device()
    device.send(publish({ topic: `home/${'x'.repeat(65_000)}`, qos: 1, messageId: 3 }))
    expect(await device.take('puback')).toMatchObject({ messageId: 3, reasonCode: 0x90 })
    expect(twin.count('publish')).toBe(0)
  })

  test('for a name of more than 100 levels is refused as a name: brokers hang up over it', async () => {
    const { device, twin } = await stage.device()
    for (const levels of [101, 100]) {
      device.send(publish({ topic: `home${'/x'.repeat(levels - 1)}`, qos: 1, messageId: levels }))
      const reasonCode = levels > 100 ? 0x90 : 0
      expect(await device.take('puback')).toMatchObject({ messageId: levels, reasonCode })
    }
    expect(twin.count('publish')).toBe(1)
  })
})

describe('a PUBLISH that is sent again with DUP', () => {
  test('is decided anew: revoked in between, it is refused although the broker may hold it', async () => {
    const { chain } = stage.it
    const guest = await chain.account()
    await chain.call('registerTopic', ['home/guest'])
    await chain.grant('home/guest', guest.address, 1)
    await viewCaughtUp(stage.it)
    const { device, twin } = await stage.device({ account: guest, clientId: 'dup' })
    twin.answers = false
    device.send(publish({ topic: 'home/guest', qos: 1, messageId: 21 }))
    await twin.take('publish')
    device.end()
    await chain.call('revoke', ['home/guest', guest.address, 1])
    await viewCaughtUp(stage.it)
    await twin.closed
    const again = await stage.device({ account: guest, clientId: 'dup' })
    again.device.send(publish({ topic: 'home/guest', qos: 1, messageId: 21, dup: true }))
    expect(await again.device.take('puback')).toMatchObject({ messageId: 21, reasonCode: 0x87 })
    await stage.it.records.flush()
    const { records } = await readHistory(chain, stage.it.recorder)
    const own = records.filter((r) => r.account === guest.address && r.action === Action.PUBLISH)
    expect(own.map(({ outcome }) => outcome)).toEqual([Outcome.ALLOWED, Outcome.DENIED])
  })
})

describe('a topic alias of the device', () => {
  const alias = (topic: string, topicAlias: number, payload: string) =>
    publish({ topic, payload, qos: 1, messageId: 1, properties: { topicAlias } })

  test('passes as it came where the broker learnt it [MQTT-3.3.2-7]', async () => {
    const { device, twin } = await stage.device()
    const [named, bare] = [bytesOf(alias('home/a', 3, '1')), bytesOf(alias('', 3, '2'))]
    device.send(Buffer.concat([named, bare, bare]))
    await passed(device)
    expect(twin.bytes.equals(Buffer.concat([named, bare, bare]))).toBe(true)
  })

  test('set by a refused PUBLISH gets its topic put back once a grant appears, and again when it was set anew', async () => {
    const { chain } = stage.it
    const guest = await chain.account()
    await chain.call('registerTopic', ['home/alias'])
    const { device, twin } = await stage.device({ account: guest })
    device.send(alias('home/alias', 1, 'refused'))
    expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    await chain.grant('home/alias', guest.address, 1)
    await viewCaughtUp(stage.it)
    device.send(alias('', 1, 'first'))
    device.send(alias('', 1, 'second'))
    await passed(device)
    const [first, second] = [await twin.take('publish'), await twin.take('publish')]
    expect(first).toMatchObject({ topic: 'home/alias', properties: { topicAlias: 1 } })
    expect(first.payload.toString()).toBe('first')
    expect(second).toMatchObject({ topic: '', properties: { topicAlias: 1 } })
    // Refused under the same alias: what the broker knows is not what the device means any more.
    device.send(alias('home/other', 1, 'refused'))
    device.send(alias('', 1, 'refused too'))
    device.send(alias('home/alias', 2, 'known'))
    device.send(alias('home/alias', 1, 'named again'))
    await passed(device)
    expect((await twin.take('publish')).payload.toString()).toBe('known')
    expect(await twin.take('publish')).toMatchObject({ topic: 'home/alias', properties: { topicAlias: 1 } })
    expect(twin.count('publish')).toBe(0)
  })

  test.each([
    ['0 [MQTT-3.3.2-8]', '30 0c 0006 686f6d652f61 03 23 0000', 0x94],
    ['above the maximum that was announced [MQTT-3.3.2-9]', '30 0c 0006 686f6d652f61 03 23 000b', 0x94],
    ['that was never set', '30 06 0000 03 23 0001', 0x82],
  ])('%s ends the connection', async (_, bytes, code) => {
    const { device, twin } = await stage.device()
    device.send(hex(bytes))
    expect(await device.disconnect()).toBe(code)
    expect(twin.count('publish')).toBe(0)
  })

  test('dies with its connection [MQTT-3.3.2-7]', async () => {
    const { device } = await stage.device({ clientId: 'aliased' })
    device.send(alias('home/a', 1, '1'))
    await passed(device)
    device.end()
    const again = await stage.device({ clientId: 'aliased' })
    again.device.send(alias('', 1, '2'))
    expect(await again.device.disconnect()).toBe(0x82)
  })
})

describe('a PUBLISH', () => {
  test.each([
    ['with a wildcard in its name [MQTT-3.3.2-2]', '30 09 0006 686f6d652f23 00', 0x81],
    ['with + in its name [MQTT-3.3.2-2]', '30 09 0006 686f6d652f2b 00', 0x81],
    ['with an empty name and no alias [MQTT-4.7.3-1]', '30 03 0000 00', 0x81],
    ['with a subscription identifier [MQTT-3.3.4-6]', '30 0b 0006 686f6d652f61 02 0b 05', 0x82],
    ['with a wildcard in its response topic [MQTT-3.3.2-14]', '30 0d 0006 686f6d652f61 04 08 0001 23', 0x81],
  ])('%s ends the connection', async (_, bytes, code) => {
    const { device, twin } = await stage.device()
    device.send(hex(bytes))
    expect(await device.disconnect()).toBe(code)
    expect(twin.count('publish')).toBe(0)
  })

  test('to $SYS/… or $share/… is denied, whatever the grants [MQTT-4.7.2-1]', async () => {
    const { device, twin } = await stage.device({ account: stage.it.chain.owner })
    for (const topic of ['$SYS/broker', '$share/g/home/a', '$queue/home']) {
      device.send(publish({ topic, qos: 1, messageId: 2 }))
      expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    }
    expect(twin.count('publish')).toBe(0)
  })

  test('with RETAIN and nothing in it deletes, and needs the right to publish [MQTT-3.3.1-6]', async () => {
    const { device, twin } = await stage.device()
    device.send(publish({ topic: 'garden/a', payload: '', retain: true, qos: 1, messageId: 1 }))
    expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    const allowed = bytesOf(publish({ topic: 'home/a', payload: '', retain: true, qos: 1, messageId: 1 }))
    device.send(allowed)
    await device.take('puback')
    expect(twin.bytes.equals(allowed)).toBe(true)
  })

  test('names a response topic that its sender may read, or is denied: nobody publishes for him under another’s right', async () => {
    const properties = { responseTopic: 'home/answer', correlationData: Buffer.from('7') }
    const reader = await stage.device()
    const asked = bytesOf(publish({ topic: 'home/ask', qos: 1, messageId: 1, properties }))
    reader.device.send(asked)
    expect((await reader.device.take('puback'))?.reasonCode).toBe(0)
    expect(reader.twin.bytes.equals(asked)).toBe(true)

    const { device, twin } = await stage.device({ account: writer })
    device.send(publish({ topic: 'home/ask', qos: 1, messageId: 1 }))
    expect((await device.take('puback'))?.reasonCode).toBe(0)
    device.send(asked)
    expect((await device.take('puback'))?.reasonCode).toBe(0x87)
    expect(twin.count('publish')).toBe(1)
    expect(DenialReason.RESPONSE_TOPIC_UNSUPPORTED).toBe(214)
  })

  test('keeps expiry, format, content type and the order of its user properties, byte for byte [MQTT-3.3.2-4] [MQTT-3.3.2-17] [MQTT-3.3.2-18]', async () => {
    const { device, twin } = await stage.device()
    const properties =
      '02 0000003c 01 01 03 0004 746578 74 09 0002 0001 26 0001 61 0001 31 26 0001 62 0001 32 26 0001 61 0001 33'
    const block = hex(properties)
    const body = Buffer.concat([hex('0006 686f6d652f61'), Buffer.of(block.length), block, Buffer.from('payload')])
    const packet = Buffer.concat([Buffer.of(0x31, body.length), body])
    device.send(packet)
    await passed(device)
    expect(twin.bytes.equals(packet)).toBe(true)
  })
})
