/** @module What bytes from anywhere meet first, under packets by the hundred thousand. Throws on the first surprise. */
import mqttPacket from 'mqtt-packet'
import { decodePacket } from '../../proxy/wire/decode.ts'
import { type Frame, Framer } from '../../proxy/wire/frame.ts'
import { inspectPublish, PublishHead, readTopicName, withTopicName } from '../../proxy/wire/inspect-publish.ts'
import { PacketWriter } from './packet-grammar.ts'
import { Dice, damaged, type Version } from './packet-parts.ts'
import { streamLarge } from './packet-pieces.ts'

export interface Campaign {
  seed: number
  packets: number
  /** Every so many legal packets are read by mqtt-packet too. */
  compareEvery: number
}

export interface CampaignResult {
  accepted: number
  refused: number
  compared: number
}

const MAX_PACKET_BYTES = 4_096
const CUTS = 3
/** Each costs as much as some thousand small ones. */
const LARGE_EVERY = 50_000
const head = new PublishHead()

/** Half legal, one eighth with wrong parts, a quarter broken, the rest random; some in runs that are cut anywhere. */
export function fuzzPackets({ seed, packets, compareEvery }: Campaign): CampaignResult {
  const dice = new Dice(seed)
  const writer = new PacketWriter(dice)
  const result = { accepted: 0, refused: 0, compared: 0 }
  let before: Buffer = Buffer.of(0xc0, 0)
  for (let i = 0; i < packets; i++) {
    const version: Version = dice.roll(2) === 0 ? 4 : 5
    const from = dice.roll(2) === 0 ? 'client' : 'broker'
    const kind = dice.roll(8)
    if (i % LARGE_EVERY === 0) streamLarge(dice)
    if (kind < 4) {
      const packet = writer.legal(version, from)
      const why = consume([packet], { version, from })
      if (why !== undefined) throw new Error(`refused a legal packet: ${why}: ${packet.toString('hex')}, seed ${seed}`)
      if (i % compareEvery === 0) {
        compareWithLibrary(packet, version)
        result.compared++
      }
      if (i % 32 === 0) before = Buffer.from(packet)
      result.accepted++
      continue
    }
    const bytes = illegal(kind, { dice, writer, version, from })
    const reading = { version: dice.roll(32) === 0 ? undefined : version, from } as const
    const whole = consume([bytes], reading)
    if (whole === undefined) result.accepted++
    else result.refused++
    if (i % 48 !== 0) continue
    assertCutsChangeNothing(dice.roll(4) === 0 ? bytes : Buffer.concat([before, bytes, bytes]), reading, dice)
  }
  return result
}

interface Writing {
  dice: Dice
  writer: PacketWriter
  version: Version
  from: 'client' | 'broker'
}

function illegal(kind: number, { dice, writer, version, from }: Writing): Buffer {
  if (kind === 4) return writer.flawed(version, from)
  return kind === 7 ? randomBytes(dice) : damaged(writer.legal(version, from), dice)
}

/** Cut anywhere, queued up, or taken over by another framer half way: the verdict is the same. */
function assertCutsChangeNothing(stream: Buffer, reading: Reading, dice: Dice): void {
  const whole = consume([stream], reading)
  const ways = [consume(cutUp(stream, dice), reading), consumeQueued(cutUp(stream, dice), reading)]
  if (ways.some((way) => way !== whole)) throw new Error(`cuts change the verdict: ${stream.toString('hex')}`)
}

interface Reading {
  /** Undefined: no CONNECT came yet. */
  version: Version | undefined
  from: 'client' | 'broker'
}

/** Returns why a stream ends early; undefined: all of it was packets, or more would be needed. */
function consume(chunks: readonly Buffer[], reading: Reading): string | undefined {
  const framer = newFramer()
  for (const chunk of chunks) {
    framer.push(chunk)
    const why = drain(framer, reading)
    if (why !== undefined) return why
    if (framer.buffered > MAX_PACKET_BYTES + 5) throw new Error(`${framer.buffered} bytes kept`)
  }
  return undefined
}

/** All at once, and the rest of it to another framer after the first packet. */
function consumeQueued(chunks: readonly Buffer[], reading: Reading): string | undefined {
  const first = newFramer()
  for (const chunk of chunks) first.push(chunk)
  const total = chunks.reduce((sum, { length }) => sum + length, 0)
  if (first.buffered !== total) throw new Error(`${first.buffered} of ${total} bytes waiting`)
  const next = first.next()
  if (next?.kind === 'malformed') return next.why
  const why = next && understand(next, reading)
  if (why !== undefined) return why
  const second = newFramer()
  second.push(first.takeRest() ?? Buffer.alloc(0))
  return drain(second, reading)
}

function newFramer(): Framer {
  const framer = new Framer({ maxPacketBytes: 0x1000_0004 })
  framer.limit(MAX_PACKET_BYTES)
  return framer
}

function drain(framer: Framer, reading: Reading): string | undefined {
  for (let next = framer.next(); next !== undefined; next = framer.next()) {
    const why = next.kind === 'malformed' ? next.why : understand(next, reading)
    if (why !== undefined) return why
  }
  return undefined
}

function understand(frame: Frame, { version, from }: Reading): string | undefined {
  if (frame.type !== 3) {
    const decoded = decodePacket(frame, { version, from })
    return decoded.kind === 'malformed' ? decoded.why : undefined
  }
  const problem = inspectPublish(frame, version ?? 5, head)
  if (problem !== undefined) return problem.why
  if (head.topicEnd > frame.end || head.payloadBytes < 0) throw new Error('a PUBLISH was read beyond its end')
  if (head.topicEnd === head.topicAt && head.topicAlias > 0) return undefined
  const name = readTopicName(frame.buffer.subarray(head.topicAt, head.topicEnd))
  if (typeof name !== 'string') return name.why
  if ((frame.end & 63) === 0) putBack(frame, version ?? 5)
  return undefined
}

const OTHER_NAME = Buffer.from(`put/back/${'x'.repeat(100)}`)
const again = new PublishHead()

/** The same message under another name must say the same. */
function putBack(frame: Frame, version: Version): void {
  const framer = newFramer()
  framer.push(withTopicName(frame, head, OTHER_NAME))
  const next = framer.next()
  if (next?.kind !== 'frame' || inspectPublish(next, version, again) !== undefined)
    throw new Error('put back, no PUBLISH')
  const isSame = again.payloadBytes === head.payloadBytes && again.packetId === head.packetId && next.missing === 0
  if (!isSame || again.topicEnd - again.topicAt !== OTHER_NAME.length) throw new Error('put back, another message')
}

/** Both must see the same packet in legal bytes. */
function compareWithLibrary(packet: Buffer, version: Version): void {
  const parser = mqttPacket.parser({ protocolVersion: version })
  let seen: mqttPacket.Packet | undefined
  parser.on('packet', (one) => {
    seen = one
  })
  parser.on('error', (error) => {
    // It takes an empty AUTH, which is legal, for an error.
    if (packet[0] !== 0xf0) throw new Error(`mqtt-packet refuses ${packet.toString('hex')}: ${error.message}`)
  })
  parser.parse(Buffer.from(packet))
  if (seen?.cmd !== 'publish') return
  const framer = new Framer({ maxPacketBytes: MAX_PACKET_BYTES })
  framer.push(packet)
  const frame = framer.next()
  if (frame?.kind !== 'frame' || inspectPublish(frame, version, head) !== undefined) throw new Error('no PUBLISH')
  const name = frame.buffer.toString('utf8', head.topicAt, head.topicEnd)
  const isSame = seen.topic === name && seen.qos === head.qos && seen.payload.length === head.payloadBytes
  const isSameId = head.qos === 0 || seen.messageId === head.packetId
  const isSameAlias = (seen.properties?.topicAlias ?? 0) === head.topicAlias
  if (!isSame || !isSameId || !isSameAlias) throw new Error(`mqtt-packet reads ${packet.toString('hex')} otherwise`)
}

function randomBytes(dice: Dice): Buffer {
  const bytes = Buffer.allocUnsafe(1 + dice.roll(40))
  for (let i = 0; i < bytes.length; i++) bytes[i] = dice.roll(256)
  return bytes
}

function cutUp(bytes: Buffer, dice: Dice): Buffer[] {
  const at = Array.from({ length: CUTS }, () => dice.roll(bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}
