/** @module What bytes from anywhere meet first, under packets by the hundred thousand. Throws on the first surprise. */
import mqttPacket from 'mqtt-packet'
import { decodePacket } from '../../proxy/wire/decode.ts'
import { type Frame, Framer } from '../../proxy/wire/frame.ts'
import { inspectPublish, PublishHead, readTopicName } from '../../proxy/wire/inspect-publish.ts'
import { Dice, damaged, PacketWriter, type Version } from './packet-grammar.ts'

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
const head = new PublishHead()

/** Half legal, three eighths broken, the rest random bytes; in runs of several to a stream that is cut anywhere. */
export function fuzzPackets({ seed, packets, compareEvery }: Campaign): CampaignResult {
  const dice = new Dice(seed)
  const writer = new PacketWriter(dice)
  const result = { accepted: 0, refused: 0, compared: 0 }
  for (let i = 0; i < packets; i++) {
    const version: Version = dice.roll(2) === 0 ? 4 : 5
    const from = dice.roll(2) === 0 ? 'client' : 'broker'
    const kind = dice.roll(8)
    const packet = kind === 7 ? randomBytes(dice) : writer.legal(version, from)
    if (kind < 4) {
      const why = consume([packet], version, from)
      if (why !== undefined) throw new Error(`refused a legal packet: ${why}: ${packet.toString('hex')}, seed ${seed}`)
      if (i % compareEvery === 0) {
        compareWithLibrary(packet, version)
        result.compared++
      }
      result.accepted++
      continue
    }
    const bytes = kind === 7 ? packet : damaged(packet, dice)
    const whole = consume([bytes], version, from)
    if (whole === undefined) result.accepted++
    else result.refused++
    // Cut anywhere, the verdict is the same.
    if (i % 16 === 0 && consume(cutUp(bytes, dice), version, from) !== whole) {
      throw new Error(`cuts change the verdict: ${bytes.toString('hex')}, seed ${seed}`)
    }
  }
  return result
}

/** Returns why a stream ends early; undefined: all of it was packets, or more would be needed. */
function consume(chunks: readonly Buffer[], version: Version, from: 'client' | 'broker'): string | undefined {
  const framer = new Framer({ maxPacketBytes: MAX_PACKET_BYTES })
  for (const chunk of chunks) {
    framer.push(chunk)
    for (let next = framer.next(); next !== undefined; next = framer.next()) {
      if (next.kind === 'malformed') return next.why
      const why = understand(next, version, from)
      if (why !== undefined) return why
    }
    if (framer.buffered > MAX_PACKET_BYTES + 5) throw new Error(`${framer.buffered} bytes kept`)
  }
  return undefined
}

function understand(frame: Frame, version: Version, from: 'client' | 'broker'): string | undefined {
  if (frame.type !== 3) {
    const decoded = decodePacket(frame, { version, from })
    return decoded.kind === 'malformed' ? decoded.why : undefined
  }
  const problem = inspectPublish(frame, version, head)
  if (problem !== undefined) return problem.why
  if (head.topicEnd > frame.end || head.payloadBytes < 0) throw new Error('a PUBLISH was read beyond its end')
  if (head.topicEnd === head.topicAt && head.topicAlias > 0) return undefined
  const name = readTopicName(frame.buffer.subarray(head.topicAt, head.topicEnd))
  return typeof name === 'string' ? undefined : name.why
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
