/**
 * @module One login at a broker, up to its CONNACK: a device's twin, the watch on the broker's health and the probe for
 * anonymous logins begin alike. Nothing of a broker is trusted before that.
 */
import type { Socket } from 'node:net'
import { decodePacket } from '../wire/decode.ts'
import { encodePacket, PINGREQ } from '../wire/encode.ts'
import { Framer } from '../wire/frame.ts'
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts'
import { Reason, reasonOfReturnCode } from '../wire/reason-codes.ts'
import { type Dial, dialBroker } from './dial.ts'
import { hearsOut, Pings } from './hears-out.ts'
import type { BrokerTarget } from './target.ts'

export type Greeting =
  /** The socket rests; what came behind CONNACK is read from it next. */
  | { kind: 'accepted'; connack: ConnackPacket; socket: Socket }
  /** In the words of MQTT 5, whichever version was spoken. */
  | { kind: 'refused'; reasonCode: number }
  | { kind: 'failed'; why: 'unreachable' | 'unwanted'; cause?: unknown }
  /** It may have taken our CONNECT all the same, unless it has `heard` the DISCONNECT behind it. */
  | { kind: 'failed'; why: 'closed' | 'silent' | 'malformed'; cause?: unknown; heard: Promise<boolean> }

type FirstWord =
  | Exclude<Greeting, { kind: 'failed' }>
  | { kind: 'failed'; why: 'closed' | 'silent' | 'malformed'; cause?: unknown }

export interface GreetOptions {
  dial?: Dial
  /** Asked once more before CONNECT: dialling takes time. */
  isWanted?: () => boolean
}

/** CONNACK and its properties: more than this is none. */
const MAX_CONNACK_BYTES = 64 * 1_024

/** Dials and logs in, both within `timeoutMs`. Never rejects. */
export async function greetBroker(
  target: BrokerTarget,
  connect: ConnectPacket,
  timeoutMs: number,
  { dial = dialBroker, isWanted = () => true }: GreetOptions = {},
): Promise<Greeting> {
  const endsAt = performance.now() + timeoutMs
  let socket: Socket
  try {
    socket = await dial(target, timeoutMs)
  } catch (cause) {
    return { kind: 'failed', why: 'unreachable', cause }
  }
  if (!isWanted()) {
    socket.destroy()
    return { kind: 'failed', why: 'unwanted' }
  }
  socket.write(encodePacket(connect, connect.version))
  const greeting = await firstWord(socket, connect.version, endsAt - performance.now())
  if (greeting.kind === 'accepted') return greeting
  const heard = leaveBroker(socket, connect.version)
  return greeting.kind === 'failed' ? { ...greeting, heard } : greeting
}

/** A broker that reads our CONNECT late must find the DISCONNECT behind it: no Will fires. Says whether it did. [MQTT-3.14.4-3] */
export function leaveBroker(socket: Socket, version: 4 | 5): Promise<boolean> {
  const pings = new Pings()
  const heard = hearsOut(socket, pings, () => {
    socket.end(encodePacket({ cmd: 'disconnect', reasonCode: Reason.SUCCESS, properties: {} }, version))
    const hard = setTimeout(() => socket.destroy(), 2_000).unref()
    socket.once('close', () => clearTimeout(hard))
  })
  pings.asked()
  socket.write(PINGREQ)
  listenFor(socket, pings)
  return heard
}

function listenFor(socket: Socket, pings: Pings): void {
  const framer = new Framer({ maxPacketBytes: Number.POSITIVE_INFINITY, inPieces: true })
  socket.on('data', (chunk) => {
    framer.push(chunk)
    let frame = framer.next()
    for (; frame?.kind === 'frame'; frame = framer.next()) pings.hear(frame.type)
    if (frame !== undefined) socket.destroy() // no MQTT: it answers nothing more
  })
  socket.resume()
}

function firstWord(socket: Socket, version: 4 | 5, timeoutMs: number): Promise<FirstWord> {
  const framer = new Framer({ maxPacketBytes: MAX_CONNACK_BYTES })
  return new Promise((resolve) => {
    const settle = (greeting: FirstWord): void => {
      clearTimeout(timer)
      socket.off('data', read).off('close', closed).off('end', closed).off('error', failed).pause()
      resolve(greeting)
    }
    const closed = (): void => settle({ kind: 'failed', why: 'closed' })
    const failed = (cause: Error): void => settle({ kind: 'failed', why: 'closed', cause })
    const read = (chunk: Buffer): void => {
      framer.push(chunk)
      const greeting = understand(framer, version)
      if (greeting === undefined) return
      if (greeting === 'malformed') return settle({ kind: 'failed', why: 'malformed' })
      settle(greeting.reasonCode === Reason.SUCCESS ? acceptedBy(greeting) : refusedBy(greeting))
      const rest = framer.takeRest()
      if (rest !== undefined) socket.unshift(rest)
    }
    const acceptedBy = (connack: ConnackPacket): FirstWord => ({ kind: 'accepted', connack, socket })
    const refusedBy = ({ reasonCode }: ConnackPacket): FirstWord => ({
      kind: 'refused',
      reasonCode: reasonCode < 0x80 ? reasonOfReturnCode(reasonCode) : reasonCode,
    })
    const timer = setTimeout(() => settle({ kind: 'failed', why: 'silent' }), Math.max(timeoutMs, 1))
    socket.on('data', read).once('close', closed).once('end', closed).once('error', failed)
  })
}

/** Who knows MQTT 3.1.1 alone refuses MQTT 5 in its own form, which has no properties. [MQTT-3.1.2-2] */
const isOldRefusal = (bytes: Buffer): boolean => bytes.toString('hex') === '20020001'
const OLD_REFUSAL: ConnackPacket = {
  cmd: 'connack',
  sessionPresent: false,
  reasonCode: Reason.UNSUPPORTED_PROTOCOL_VERSION,
  properties: {},
}

function understand(framer: Framer, version: 4 | 5): ConnackPacket | 'malformed' | undefined {
  const frame = framer.next()
  if (frame === undefined) return undefined
  if (frame.kind === 'malformed') return 'malformed'
  if (isOldRefusal(frame.bytes)) return OLD_REFUSAL
  const decoded = decodePacket(frame, { version, from: 'broker' })
  return decoded.kind === 'packet' && decoded.packet.cmd === 'connack' ? decoded.packet : 'malformed'
}
