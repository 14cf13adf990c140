/**
 * @module Bytes to whole packets. What can be refused at the fixed header is refused there, before a byte of the body is
 * kept; one byte a segment costs linear time; a packet that lies whole in one chunk is not copied.
 */
import { Buffer } from 'node:buffer'
import { Reason } from './reason-codes.ts'

/** One whole control packet. */
export interface Frame {
  kind: 'frame'
  /** 1 CONNECT to 15 AUTH (MQTT 5 section 2.1.2). */
  type: number
  flags: number
  /** The packet as it came, fixed header included. */
  bytes: Buffer
  /** Where the body begins in `bytes`. */
  bodyAt: number
}

/** Bytes that are no packet: the connection ends with `reasonCode`. */
export interface Malformed {
  kind: 'malformed'
  reasonCode: number
  /** For the log, with the spec's tag. Never holds bytes of the device. */
  why: string
}

export const malformed = (why: string, reasonCode: number = Reason.MALFORMED_PACKET): Malformed => ({
  kind: 'malformed',
  reasonCode,
  why,
})

const PUBLISH = 3
/** PUBREL, SUBSCRIBE, UNSUBSCRIBE carry 2, PUBLISH its own, all others 0. [MQTT-2.1.3-1] [MQTT-2.2.2-1] */
const flagsOf = (type: number): number => (type === 6 || type === 8 || type === 10 ? 2 : 0)
const INITIAL_BYTES = 256

export class Framer {
  readonly #maxPacketBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  /** Whether we may write behind #end: a chunk of the socket is not ours. */
  #isOwn = false
  #start = 0
  #end = 0

  constructor({ maxPacketBytes }: { maxPacketBytes: number }) {
    this.#maxPacketBytes = maxPacketBytes
  }

  /** Bytes that are kept and not yet handed out. */
  get buffered(): number {
    return this.#end - this.#start
  }

  /** Hands back what is not handed out yet, and forgets it: another reader takes over. */
  takeRest(): Buffer | undefined {
    if (this.#start === this.#end) return undefined
    const rest = this.#buffer.subarray(this.#start, this.#end)
    this.#start = this.#end
    this.#isOwn = false
    return rest
  }

  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#buffer = chunk
      this.#isOwn = false
      this.#start = 0
      this.#end = chunk.length
      return
    }
    this.#reserve(chunk.length)
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
  }

  /** Returns the next packet, what is wrong with the bytes, or undefined when more are needed. */
  next(): Frame | Malformed | undefined {
    if (this.#end - this.#start < 1) return undefined
    const first = this.#buffer[this.#start]!
    const type = first >> 4
    const flags = first & 0x0f
    if (type === 0) return malformed('control packet type 0 is reserved [MQTT-2.1.2]')
    if (type !== PUBLISH && flags !== flagsOf(type)) return malformed('reserved flag bits [MQTT-2.1.3-1]')
    if (type === PUBLISH && (flags & 0x06) === 0x06) return malformed('QoS 3 [MQTT-3.3.1-4]')
    if (type === PUBLISH && (flags & 0x0e) === 0x08) return malformed('DUP with QoS 0 [MQTT-3.3.1-2]')
    return this.#body(type, flags)
  }

  #body(type: number, flags: number): Frame | Malformed | undefined {
    let length = 0
    for (let i = 1; i <= 4; i++) {
      if (this.#start + i >= this.#end) return undefined
      const byte = this.#buffer[this.#start + i]!
      length += (byte & 0x7f) << (7 * (i - 1))
      if (byte >= 0x80) continue
      if (byte === 0 && i > 1) return malformed('remaining length longer than needed [MQTT-1.5.5-1]')
      return this.#whole({ type, flags, bodyAt: i + 1, size: i + 1 + length })
    }
    return malformed('remaining length of five bytes [MQTT-1.5.5]')
  }

  #whole({ type, flags, bodyAt, size }: { type: number; flags: number; bodyAt: number; size: number }) {
    if (size > this.#maxPacketBytes) return malformed('packet larger than allowed', Reason.PACKET_TOO_LARGE)
    if (this.#end - this.#start < size) return undefined
    const bytes = this.#buffer.subarray(this.#start, this.#start + size)
    this.#start += size
    return { kind: 'frame', type, flags, bytes, bodyAt } as const
  }

  /** Packets that were handed out are views of the buffer: bytes are only ever written behind the end. */
  #reserve(more: number): void {
    const kept = this.#end - this.#start
    if (this.#isOwn && this.#end + more <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, (kept + more) * 2))
    this.#buffer.copy(grown, 0, this.#start, this.#end)
    this.#buffer = grown
    this.#isOwn = true
    this.#start = 0
    this.#end = kept
  }
}
