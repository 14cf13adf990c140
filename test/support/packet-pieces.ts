/** @module A large PUBLISH through a framer that hands it out in pieces: every byte once, in order, whatever the cuts. */
import { Framer } from '../../proxy/wire/frame.ts'
import { inspectPublish, PublishHead, readTopicName } from '../../proxy/wire/inspect-publish.ts'
import type { Dice } from './packet-parts.ts'

/** Beyond what is gathered whole. */
const PAYLOAD_BYTES = 300_000
const LONG_TEXT = 60_000
const TOPIC = Buffer.from('home/large')

/** Throws when a byte is lost, doubled or moved, or when the head says anything but what was written. */
export function streamLarge(dice: Dice): void {
  const properties = propertiesOf(dice)
  const payload = Buffer.alloc(PAYLOAD_BYTES + dice.roll(1_000), dice.roll(256))
  const body = Buffer.concat([Buffer.of(0, TOPIC.length), TOPIC, Buffer.of(0, 7), properties, payload])
  const packet = Buffer.concat([Buffer.of(0x32), varint(body.length), body])
  const stream = Buffer.concat([packet, Buffer.of(0xc0, 0)]) // and a PINGREQ behind it
  const framer = new Framer({ maxPacketBytes: 1 << 20, inPieces: true })
  const seen: Buffer[] = []
  for (let at = 0; at < stream.length; ) {
    const end = Math.min(stream.length, at + 1 + dice.roll(dice.roll(8) === 0 ? 300_000 : 65_536))
    framer.push(stream.subarray(at, end))
    at = end
    if (dice.roll(2) === 0 && at < stream.length) continue // several wait
    for (let next = framer.next(); next !== undefined; next = framer.next()) {
      if (next.kind === 'malformed') throw new Error(`a large PUBLISH was refused: ${next.why}`)
      if (next.type === 3) assertHead(next, properties.length)
      seen.push(Buffer.from(next.bytes))
    }
  }
  if (!Buffer.concat(seen).equals(stream)) throw new Error('a large PUBLISH came out otherwise than it went in')
}

/** None, or so many that the first piece cannot hold them. */
function propertiesOf(dice: Dice): Buffer {
  if (dice.roll(2) === 0) return Buffer.of(0)
  const text = Buffer.concat([Buffer.of(LONG_TEXT >> 8, LONG_TEXT & 0xff), Buffer.alloc(LONG_TEXT, 0x61)])
  const pair = Buffer.concat([Buffer.of(0x26), text, text])
  return Buffer.concat([varint(pair.length * 2), pair, pair])
}

function assertHead(frame: Parameters<typeof inspectPublish>[0], propertyBytes: number): void {
  const head = new PublishHead()
  const problem = inspectPublish(frame, 5, head)
  if (problem !== undefined) throw new Error(`a large PUBLISH was refused: ${problem.why}`)
  const name = readTopicName(frame.buffer.subarray(head.topicAt, head.topicEnd))
  if (name !== TOPIC.toString() || head.packetId !== 7) throw new Error('a large PUBLISH was read otherwise')
  if (head.isCut !== frame.end - head.topicEnd - 2 < propertyBytes) throw new Error('its properties were cut unnoticed')
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; rest > 0 || bytes.length === 0; rest >>>= 7)
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Buffer.from(bytes)
}
