/**
 * @module Whether a broker takes topic names for what they are. RabbitMQ turns `.` into `/`, so that a PUBLISH to `a.b`
 * reaches `a/b`, which another grant allows, or none: what is decided here must be what happens there. Each suspect is
 * published under the proxy's own `ftcheck/` and must come back under its very name; names like those that do not are
 * refused to every device.
 */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { encodePacket } from '../wire/encode.ts'
import { Framer } from '../wire/frame.ts'
import type { ConnectPacket } from '../wire/packets.ts'
import { greetBroker, leaveBroker } from './greet.ts'
import type { BrokerTarget } from './target.ts'

interface Suspect {
  label: string
  /** A level of a name that holds it. */
  sample: string
  isIn(topic: string): boolean
}

/** Separators and wildcards that brokers have beside MQTT's, empty levels, case and normal forms. */
const SUSPECTS: readonly Suspect[] = [
  ...['.', '*', '>', ' '].map((sign) => ({
    label: sign,
    sample: `a${sign}b`,
    isIn: (topic: string) => topic.includes(sign),
  })),
  { label: '*', sample: '*', isIn: (topic) => topic.includes('*') }, // a whole level is a wildcard in AMQP and NATS
  { label: '//', sample: '/b', isIn: (topic) => /^\/|\/\/|\/$/.test(topic) },
  { label: 'A', sample: 'aA', isIn: (topic) => /\p{Lu}/u.test(topic) },
  { label: 'e\u0301', sample: 'e\u0301', isIn: (topic) => /\p{M}/u.test(topic) },
]

export interface NameCheck {
  /** What this broker does not keep as it is, for people. */
  unclear: readonly string[]
  /** The broker did not answer everything: ask again. Until then what is not known to be clear is not. */
  isPartial: boolean
}

/** Before anything is known, nothing suspect is clear. */
export const UNCHECKED: NameCheck = { unclear: SUSPECTS.map(({ label }) => label), isPartial: true }

/** Returns whether the broker may take `topic`, a name or a filter, for another. */
export function isUnclear({ unclear }: NameCheck, topic: string): boolean {
  if (unclear.length === 0) return false
  return SUSPECTS.some(({ label, isIn }) => unclear.includes(label) && isIn(topic))
}

export interface NameCheckOptions {
  target: BrokerTarget
  connect: ConnectPacket
  timeoutMs: number
}

/** Never rejects. Each suspect has a connection of its own: some brokers hang up on what they do not like. */
export async function checkNames(options: NameCheckOptions): Promise<NameCheck> {
  const [plain, ...echoes] = await Promise.all(
    ['plain', ...SUSPECTS.map(({ sample }) => sample)].map((sample) => echo(options, sample)),
  )
  const failed = SUSPECTS.filter((_, i) => echoes[i] !== 'same').map(({ label }) => label)
  return { unclear: [...new Set(failed)], isPartial: plain !== 'same' || echoes.includes('none') }
}

type Echo = 'same' | 'other' | 'refused' | 'none'

async function echo({ target, connect, timeoutMs }: NameCheckOptions, sample: string): Promise<Echo> {
  const own = { ...connect, clientId: `ftcheck${randomBytes(8).toString('hex')}` } // 23 bytes [MQTT-3.1.3-5]
  const greeting = await greetBroker(target, own, timeoutMs)
  if (greeting.kind !== 'accepted') return 'none'
  const { socket } = greeting
  const root = `ftcheck/${own.clientId}`
  const name = `${root}/${sample}`
  // Not before the SUBACK, and again: a broker may route before it knows the subscription everywhere.
  const publish = (): boolean => socket.write(publishOf(name, own.version))
  const answer = firstName(socket, { timeoutMs, onSuback: publish })
  const again = setInterval(publish, AGAIN_MS)
  const subscription = {
    topicFilter: `${root}/#`,
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  } as const
  socket.write(
    encodePacket({ cmd: 'subscribe', packetId: 1, subscriptions: [subscription], properties: {} }, own.version),
  )
  socket.resume()
  const seen = await answer
  clearInterval(again)
  leaveBroker(socket, own.version)
  if (typeof seen === 'string') return seen
  return seen.name === name ? 'same' : 'other'
}

interface Waiting {
  timeoutMs: number
  onSuback: () => void
}

/** Resolves with the name of the first PUBLISH that comes. */
function firstName(socket: Socket, { timeoutMs, onSuback }: Waiting): Promise<{ name: string } | 'refused' | 'none'> {
  const framer = new Framer({ maxPacketBytes: 64 * 1_024 })
  return new Promise((resolve) => {
    const settle = (result: { name: string } | 'refused' | 'none'): void => {
      clearTimeout(timer)
      socket.off('data', read)
      resolve(result)
    }
    const read = (chunk: Buffer): void => {
      framer.push(chunk)
      for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
        if (frame.kind === 'malformed') return settle('refused')
        if (frame.type === SUBACK) onSuback()
        if (frame.type === PUBLISH) return settle({ name: nameIn(frame.buffer, frame.bodyAt) })
      }
    }
    const timer = setTimeout(() => settle('none'), timeoutMs)
    socket
      .on('data', read)
      .once('close', () => settle('refused'))
      .on('error', () => {})
  })
}

const PUBLISH = 3
const SUBACK = 9
const AGAIN_MS = 400
const nameIn = (bytes: Buffer, at: number): string => bytes.toString('utf8', at + 2, at + 2 + bytes.readUInt16BE(at))

/** QoS 0, no payload; shorter than 128 bytes. */
function publishOf(name: string, version: 4 | 5): Buffer {
  const bytes = Buffer.from(name)
  const body = Buffer.concat([Buffer.from([0, bytes.length]), bytes, Buffer.alloc(version === 5 ? 1 : 0)])
  return Buffer.concat([Buffer.from([PUBLISH << 4, body.length]), body])
}
