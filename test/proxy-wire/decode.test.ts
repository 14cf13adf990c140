import mqttPacket from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { decodePacket } from '../../proxy/wire/decode.ts'
import { encodePacket } from '../../proxy/wire/encode.ts'
import { type Frame, Framer, type Malformed } from '../../proxy/wire/frame.ts'
import { inspectPublish, PublishHead, readTopicName } from '../../proxy/wire/inspect-publish.ts'
import type { Packet } from '../../proxy/wire/packets.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

function frameOf(bytes: Buffer): Frame | Malformed | undefined {
  const framer = new Framer({ maxPacketBytes: 1 << 20 })
  framer.push(bytes)
  return framer.next()
}

type Result = { kind: 'packet'; packet: Packet } | Malformed

/** Puts the fixed header before a body, and decodes it as a client's. */
function decode(
  type: number,
  body: string,
  version: 4 | 5 | undefined = 5,
  from: 'client' | 'broker' = 'client',
): Result {
  const bytes = hex(body)
  const frame = frameOf(Buffer.concat([Buffer.of(type, bytes.length), bytes]))
  if (frame?.kind !== 'frame') return frame as Malformed
  return decodePacket(frame, { version, from })
}
const codeOf = (result: Result): number | 'packet' => (result.kind === 'packet' ? 'packet' : result.reasonCode)

const MQTT = '00044d515454'
/** CONNECT of MQTT 5: flags, properties, payload. */
const connect5 = (flags: string, properties = '00', payload = '000161'): string =>
  `${MQTT} 05 ${flags} 003c ${properties} ${payload}`
const connect4 = (flags: string, payload = '000161'): string => `${MQTT} 04 ${flags} 003c ${payload}`

describe('CONNECT', () => {
  test('of both versions says who, how and until when', () => {
    expect(decode(0x10, connect5('02'), undefined)).toMatchObject({
      packet: { cmd: 'connect', version: 5, clientId: 'a', clean: true, keepAlive: 60 },
    })
    expect(decode(0x10, connect4('c2', '000161 000162 000163'), undefined)).toMatchObject({
      packet: { version: 4, userName: 'b', password: Buffer.from('c') },
    })
  })

  test.each([
    ['the reserved flag [MQTT-3.1.2-3]', connect5('03')],
    ['Will QoS 3 [MQTT-3.1.2-12]', connect5('1e')],
    ['Will QoS without a Will [MQTT-3.1.2-11]', connect5('0a')],
    ['Will Retain without a Will [MQTT-3.1.2-13]', connect5('22')],
    ['a password without a user name in 3.1.1 [MQTT-3.1.2-22]', connect4('42', '000161 000163')],
    ['bytes left over', connect5('02', '00', '000161 00')],
    ['a client id cut short', connect5('02', '00', '000561')],
    ['ill-formed UTF-8 in the client id [MQTT-1.5.4-1]', connect5('02', '00', '0002c328')],
    ['a surrogate in the client id [MQTT-1.5.4-1]', connect5('02', '00', '0003eda080')],
    ['U+0000 in the client id [MQTT-1.5.4-2]', connect5('02', '00', '000100')],
    ['a Will Topic with a wildcard [MQTT-3.1.3-11]', connect5('06', '00', '000161 00 000123 0000')],
    ['an empty Will Topic', connect5('06', '00', '000161 00 0000 0000')],
    ['a property length past the end', connect5('02', '7f')],
    ['an unknown property', connect5('02', '027e01')],
  ])('with %s is malformed', (_, body) => {
    expect(codeOf(decode(0x10, body, undefined))).toBe(0x81)
  })

  test.each([
    ['a property twice', '0a 1100000001 1100000001'],
    ['a property of another packet', '03 230001'],
    ['a boolean of 7', '02 1707'],
    ['Receive Maximum 0', '03 210000'],
    ['Maximum Packet Size 0', '05 2700000000'],
    ['authentication data without a method', '04 16000161'],
  ])('with %s is a protocol error', (_, properties) => {
    expect(codeOf(decode(0x10, connect5('02', properties), undefined))).toBe(0x82)
  })

  test('allows in MQTT 5 a password without user name, and the same user property twice, in order', () => {
    expect(codeOf(decode(0x10, connect5('42', '00', '000161 000163'), undefined))).toBe('packet')
    const result = decode(0x10, connect5('02', '15 26000161000131 26000162000132 26000161000133'), undefined)
    expect(result).toMatchObject({
      packet: {
        properties: {
          userProperties: [
            ['a', '1'],
            ['b', '2'],
            ['a', '3'],
          ],
        },
      },
    })
  })

  test.each([
    ['3.1', '00064d5149736470 03'],
    ['level 6', `${MQTT} 06`],
    ['the bridge bit', `${MQTT} 84`],
    ['level 3', `${MQTT} 03`],
  ])('of %s is of a version that is not spoken [MQTT-3.1.2-2]', (_, start) => {
    expect(decode(0x10, `${start} 02 003c 000161`, undefined)).toMatchObject({ packet: { cmd: 'unsupported-connect' } })
  })
})

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  test('say each filter with its options', () => {
    expect(decode(0x82, '0001 00 0003612f23 2d 000162 00')).toMatchObject({
      packet: {
        packetId: 1,
        subscriptions: [
          { topicFilter: 'a/#', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 },
          { topicFilter: 'b', qos: 0, noLocal: false },
        ],
      },
    })
  })

  test.each([
    ['no filter [MQTT-3.8.3-2]', 0x82, '0001 00', 0x82],
    ['packet identifier 0 [MQTT-2.2.1-3]', 0x82, '0000 00 000161 00', 0x82],
    ['QoS 3 [MQTT-3.8.3-4]', 0x82, '0001 00 000161 03', 0x81],
    ['reserved bits [MQTT-3.8.3-5]', 0x82, '0001 00 000161 40', 0x81],
    ['retain handling 3', 0x82, '0001 00 000161 30', 0x81],
    ['No Local on $share [MQTT-3.8.3-4]', 0x82, '0001 00 0008247368617265 2f61 04', 0x82],
    ['an empty filter', 0x82, '0001 00 0000 00', 0x81],
    ['an ill-formed filter [MQTT-4.7.1-1]', 0x82, '0001 00 00026123 00', 0x81],
    ['no filter to end [MQTT-3.10.3-2]', 0xa2, '0001 00', 0x82],
  ])('with %s are refused', (_, type, body, code) => {
    expect(codeOf(decode(type, body))).toBe(code)
  })

  test('of 3.1.1 have no options but QoS', () => {
    expect(codeOf(decode(0x82, '0001 000161 01', 4))).toBe('packet')
    expect(codeOf(decode(0x82, '0001 000161 04', 4))).toBe(0x81)
  })
})

describe('the rest', () => {
  test.each([
    ['PUBACK of one byte', 0x40, '00', 0x81],
    ['PUBACK of nothing', 0x40, '', 0x81],
    ['PUBACK with an unknown code', 0x40, '0001 42', 0x82],
    ['trailing bytes in PUBACK', 0x40, '0001 00 00 00', 0x81],
    ['trailing bytes in PINGREQ', 0xc0, '00', 0x81],
    ['CONNACK from a client', 0x20, '0000 00', 0x82],
    ['PINGRESP from a client', 0xd0, '', 0x82],
    ['a property of CONNECT in DISCONNECT', 0xe0, '00 03 210001', 0x82],
  ])('refuses %s', (_, type, body, code) => {
    expect(codeOf(decode(type, body))).toBe(code)
  })

  test('takes an AUTH and a DISCONNECT of no bytes as success (sections 3.14.2.1, 3.15.2.1)', () => {
    expect(decode(0xf0, '')).toMatchObject({ packet: { cmd: 'auth', reasonCode: 0 } })
    expect(decode(0xe0, '')).toMatchObject({ packet: { cmd: 'disconnect', reasonCode: 0 } })
  })

  test('refuses MQTT 5 packets in a 3.1.1 connection', () => {
    expect(codeOf(decode(0xf0, '', 4))).toBe(0x82)
    expect(codeOf(decode(0x40, '0001 00', 4))).toBe(0x81)
    expect(codeOf(decode(0xe0, '00', 4))).toBe(0x81)
  })
})

describe('PUBLISH', () => {
  const inspect = (first: number, body: string, version: 4 | 5 = 5) => {
    const bytes = hex(body)
    const frame = frameOf(Buffer.concat([Buffer.of(first, bytes.length), bytes]))
    if (frame?.kind !== 'frame') return frame
    const head = new PublishHead()
    const name = (): Buffer => frame.buffer.subarray(head.topicAt, head.topicEnd)
    return inspectPublish(frame, version, head) ?? { head, retain: (frame.flags & 1) === 1, name: name() }
  }

  test('shows what decides, and where its name lies', () => {
    const publish = inspect(0x33, '000161 0007 00 6869')
    expect(publish).toMatchObject({ retain: true, head: { qos: 1, packetId: 7, payloadBytes: 2 } })
    expect(publish !== undefined && 'name' in publish && readTopicName(publish.name)).toBe('a')
  })

  test.each([
    ['packet identifier 0', 0x32, '000161 0000 00', 0x82],
    ['no room for its packet identifier', 0x32, '000161 00', 0x81],
    ['a property length past its end', 0x30, '000161 7f', 0x81],
    ['topic alias 0 [MQTT-3.3.2-8]', 0x30, '000161 03 230000', 0x94],
    ['a property of CONNECT', 0x30, '000161 05 1100000001', 0x82],
    ['payload format 7', 0x30, '000161 02 0107', 0x82],
  ])('with %s is refused', (_, first, body, reasonCode) => {
    expect(inspect(first, body)).toMatchObject({ kind: 'malformed', reasonCode })
  })

  test.each(['', '2b', '612f23', '0061', 'c328', 'eda080', 'c0af'])('has no topic name %j [MQTT-3.3.2-2]', (bytes) => {
    expect(readTopicName(hex(bytes))).toMatchObject({ kind: 'malformed' })
  })

  test('keeps a BOM and empty levels as they are [MQTT-1.5.4-3] [MQTT-4.7.3-1]', () => {
    expect(readTopicName(hex('efbbbf61'))).toBe('\ufeffa')
    expect(readTopicName(hex('2f612f2f'))).toBe('/a//')
  })
})

describe('against mqtt-packet, on packets that both know', () => {
  const packets: mqttPacket.Packet[] = [
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clientId: 'c',
      clean: true,
      keepalive: 9,
      username: 'u',
      password: Buffer.from('p'),
      properties: { sessionExpiryInterval: 3, receiveMaximum: 4 },
    },
    {
      cmd: 'subscribe',
      messageId: 3,
      subscriptions: [{ topic: 'a/+', qos: 2, nl: true, rap: false, rh: 1 }],
      properties: { subscriptionIdentifier: 5 },
    },
    { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['a', 'b/#'] },
    { cmd: 'puback', messageId: 5, reasonCode: 0x10, properties: { reasonString: 'why' } },
    { cmd: 'pubrel', messageId: 6, reasonCode: 0 },
    { cmd: 'disconnect', reasonCode: 4, properties: { sessionExpiryInterval: 7 } },
    { cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: Buffer.from('d') } },
  ] as mqttPacket.Packet[]

  test.each(packets.map((packet) => [packet.cmd, packet]))('%s means the same', (_, packet) => {
    const bytes = mqttPacket.generate(packet, { protocolVersion: 5 })
    const frame = frameOf(bytes)
    const decoded =
      frame?.kind === 'frame'
        ? decodePacket(frame, { version: packet.cmd === 'connect' ? undefined : 5, from: 'client' })
        : frame
    expect(decoded).toMatchObject({ kind: 'packet', packet: { cmd: packet.cmd } })
    if (decoded?.kind !== 'packet' || decoded.packet.cmd === 'unsubscribe') return
    // What the proxy would send of it is what it was.
    const again = encodePacket(decoded.packet as Parameters<typeof encodePacket>[0], 5)
    const frameAgain = frameOf(again)
    const meaning = frameAgain?.kind === 'frame' && decodePacket(frameAgain, { version: 5, from: 'client' })
    if (packet.cmd !== 'connect') expect(meaning).toEqual(decoded)
    // Success without properties takes two bytes, where the library spends four.
    if (packet.cmd !== 'pubrel') expect(again).toEqual(bytes)
  })
})
