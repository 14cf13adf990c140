import mqttPacket from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { Framer, type Malformed } from '../../proxy/wire/frame.ts'

const MAX = 1 << 20

interface Seen {
  kind: 'frame'
  bytes: Buffer
}

function framesOf(chunks: readonly Buffer[], maxPacketBytes = MAX): (Seen | Malformed)[] {
  const framer = new Framer({ maxPacketBytes })
  const found: (Seen | Malformed)[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    for (let next = framer.next(); next !== undefined; next = framer.next()) {
      found.push(next.kind === 'frame' ? { kind: 'frame', bytes: next.bytes } : next)
      if (next.kind === 'malformed') return found
    }
  }
  return found
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const publish = (bytes: number, qos: 0 | 1 = 0): Buffer =>
  mqttPacket.generate({
    cmd: 'publish',
    topic: 'home/a',
    payload: Buffer.alloc(bytes, 7),
    qos,
    dup: false,
    retain: false,
    ...(qos === 0 ? {} : { messageId: 1 }),
  } as mqttPacket.Packet)

describe('framing', () => {
  const stream = Buffer.concat([
    publish(3),
    hex('c000'),
    publish(300, 1),
    hex('40020001'),
    publish(20_000),
    hex('e000'),
  ])
  const whole = framesOf([stream]).map((frame) => (frame.kind === 'frame' ? frame.bytes : frame))

  test('gives the same packets wherever a stream is cut', () => {
    expect(Buffer.concat(whole as Buffer[])).toEqual(stream)
    expect(whole).toHaveLength(6)
    for (let cut = 1; cut < stream.length; cut += cut < 400 ? 1 : 97) {
      const frames = framesOf([stream.subarray(0, cut), stream.subarray(cut)])
      expect(frames.map((frame) => (frame.kind === 'frame' ? frame.bytes : frame))).toEqual(whole)
    }
  })

  test('gives the same packets one byte a chunk, in linear time and with bounded memory', () => {
    const big = publish(1_000_000)
    const framer = new Framer({ maxPacketBytes: MAX })
    let found: Buffer | undefined
    for (const byte of big) {
      framer.push(Buffer.of(byte))
      const next = framer.next()
      if (next?.kind === 'frame') found = next.bytes
    }
    expect(found?.equals(big)).toBe(true)
    expect(framer.buffered).toBe(0)
  })

  test('does not change a packet that was handed out when more bytes come', () => {
    const framer = new Framer({ maxPacketBytes: MAX })
    const [first, second] = [publish(10), publish(10, 1)]
    framer.push(first.subarray(0, 5))
    framer.push(Buffer.concat([first.subarray(5), second.subarray(0, 4)]))
    const frame = framer.next()
    const bytes = frame?.kind === 'frame' ? frame.bytes : undefined
    framer.push(second.subarray(4))
    framer.push(Buffer.alloc(64, 0xff))
    expect(bytes).toEqual(first)
  })

  test('does not copy a packet that lies whole in one chunk', () => {
    const [frame] = framesOf([stream])
    expect(frame?.kind === 'frame' && frame.bytes.buffer).toBe(stream.buffer)
  })

  test('hands out a large PUBLISH in pieces where asked to, and what follows whole', () => {
    const big = publish(600_000)
    const stream = Buffer.concat([publish(5), big, publish(7)])
    for (const size of [1_000, 65_536, 200_000, stream.length]) {
      const framer = new Framer({ maxPacketBytes: MAX, inPieces: true })
      const found: { type: number; bytes: Buffer; missing: number }[] = []
      for (let at = 0; at < stream.length; at += size) {
        framer.push(stream.subarray(at, at + size))
        expect(framer.buffered).toBeLessThan(size + 200_000)
        for (let next = framer.next(); next?.kind === 'frame'; next = framer.next()) {
          found.push({ type: next.type, bytes: next.bytes, missing: next.missing })
        }
      }
      expect(Buffer.concat(found.map(({ bytes }) => bytes)).equals(stream)).toBe(true)
      expect(found.filter(({ type }) => type !== 0)).toHaveLength(3)
      expect(found.filter(({ missing }) => missing === 0)).toHaveLength(3)
      expect(found[1]!.bytes.length).toBeGreaterThan(128 * 1_024 - 1)
    }
  })

  test.each([
    ['type 0', '00 00', 0x81],
    ['SUBSCRIBE with flags 0 [MQTT-3.8.1-1]', '80 02 00 01', 0x81],
    ['PUBREL with flags 0 [MQTT-3.6.1-1]', '60 02 00 01', 0x81],
    ['PINGREQ with flags 1', 'c1 00', 0x81],
    ['CONNECT with flags 1 [MQTT-2.1.3-1]', '11 02 00 00', 0x81],
    ['QoS 3 [MQTT-3.3.1-4]', '36 02 00 00', 0x81],
    ['DUP with QoS 0 [MQTT-3.3.1-2]', '38 02 00 00', 0x81],
    ['a remaining length longer than needed [MQTT-1.5.5-1]', 'c0 80 00', 0x81],
    ['a remaining length of five bytes [MQTT-1.5.5]', '30 ff ff ff ff 7f', 0x81],
    ['a header that claims 256 MB', '30 ff ff ff 7f', 0x95],
  ])('refuses %s at the fixed header, before a byte of the body', (_, bytes, reasonCode) => {
    expect(framesOf([hex(bytes)])).toMatchObject([{ kind: 'malformed', reasonCode }])
  })

  test('refuses by size what is one byte too large, and takes what just fits', () => {
    const packet = publish(100)
    expect(framesOf([packet], packet.length)).toMatchObject([{ kind: 'frame' }])
    expect(framesOf([packet], packet.length - 1)).toMatchObject([{ kind: 'malformed', reasonCode: 0x95 }])
  })
})
