/**
 * @module Bytes to packets. What can be refused at the fixed header is refused there, before a byte of the body is kept;
 * one byte a segment costs linear time; a packet that lies whole in one chunk is neither copied nor allocated for.
 */
import { Buffer } from 'node:buffer'
import { Reason } from './reason-codes.ts'

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

const EMPTY = Buffer.alloc(0)

/**
 * One control packet, where it lies. A framer has one of these and moves it: it says what it says until the next
 * `next()`. The bytes themselves never change; whoever needs them longer takes {@link bytes}.
 */
export class Frame {
  readonly kind = 'frame'
  /** 1 CONNECT to 15 AUTH (MQTT 5 section 2.1.2); 0: a further piece of a packet that was taken in pieces. */
  type = 0
  flags = 0
  buffer: Buffer = EMPTY
  /** The packet lies in `buffer` from `start`, fixed header included, its body from `bodyAt`, up to `end`. */
  start = 0
  bodyAt = 0
  end = 0
  /** What has not come yet of a packet that is taken in pieces. */
  missing = 0

  /** The packet as it came: a view. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }
}

export interface FramerOptions {
  maxPacketBytes: number
  /** Hand out a large PUBLISH as soon as its topic can be read, and the rest in pieces. */
  inPieces?: boolean
}

const PUBLISH = 3
/** The type of a {@link Frame} that goes on with the packet before. */
export const PIECE = 0
/** PUBREL, SUBSCRIBE, UNSUBSCRIBE carry 2, PUBLISH its own, all others 0. [MQTT-2.1.3-1] [MQTT-2.2.2-1] */
const flagsOf = (type: number): number => (type === 6 || type === 8 || type === 10 ? 2 : 0)
const INITIAL_BYTES = 256
/** A smaller PUBLISH is gathered: it costs less than its pieces. */
const PIECES_FROM = 256 * 1024
/** The longest topic name and a packet identifier fit, so that any large PUBLISH can at least be refused by its id. */
const HEAD_BYTES = 128 * 1024

export class Framer {
  #maxPacketBytes: number
  readonly #inPieces: boolean
  readonly #frame = new Frame()
  /** What came and is not read yet. Not ours to write. */
  #chunk: Buffer | undefined
  #at = 0
  #later: Buffer[] | undefined
  /** The beginning of a packet that lies in several chunks: ours, written behind `#have` only. */
  #partial: Buffer | undefined
  #have = 0
  /** Of the packet whose header was read last. */
  #size = 0
  #headerBytes = 0
  #missing = 0

  constructor({ maxPacketBytes, inPieces = false }: FramerOptions) {
    this.#maxPacketBytes = maxPacketBytes
    this.#inPieces = inPieces
  }

  limit(maxPacketBytes: number): void {
    this.#maxPacketBytes = maxPacketBytes
  }

  /** Bytes that are kept and not yet handed out. */
  get buffered(): number {
    const waiting = this.#later?.reduce((sum, { length }) => sum + length, 0) ?? 0
    return this.#have + (this.#chunk === undefined ? 0 : this.#chunk.length - this.#at) + waiting
  }

  /** Hands back what is not handed out yet, and forgets it: another reader takes over. */
  takeRest(): Buffer | undefined {
    if (this.buffered === 0) return undefined
    const kept = this.#partial?.subarray(0, this.#have)
    const rest = [kept, this.#chunk?.subarray(this.#at), ...(this.#later ?? [])].filter((part) => part !== undefined)
    this.#partial = this.#chunk = this.#later = undefined
    this.#have = 0
    return rest.length === 1 ? rest[0] : Buffer.concat(rest)
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.#chunk === undefined) {
      this.#chunk = chunk
      this.#at = 0
    } else {
      this.#later ??= []
      this.#later.push(chunk)
    }
  }

  /** Returns the next packet, what is wrong with the bytes, or undefined when more are needed. */
  next(): Frame | Malformed | undefined {
    if (this.#missing > 0) return this.#piece()
    if (this.#partial !== undefined) return this.#fromPartial()
    const chunk = this.#chunk
    if (chunk === undefined) return undefined
    const problem = this.#readHeader(chunk, this.#at, chunk.length)
    if (problem !== undefined) return problem
    const available = chunk.length - this.#at
    const wanted = this.#wanted(chunk[this.#at]! >> 4)
    if (wanted === 0 || wanted > available) return this.#beginPartial(chunk, available)
    const end = Math.min(chunk.length, this.#at + this.#size)
    const frame = this.#point(chunk, this.#at, end)
    this.#advance(end - this.#at)
    return frame
  }

  /** Sets `#size` (0 while unknown) and `#headerBytes`, or returns why these bytes begin no packet. */
  #readHeader(bytes: Buffer, at: number, end: number): Malformed | undefined {
    this.#size = 0
    const first = bytes[at]!
    const type = first >> 4
    const flags = first & 0x0f
    if (type === PUBLISH) {
      if ((flags & 0x06) === 0x06) return malformed('QoS 3 [MQTT-3.3.1-4]')
      if ((flags & 0x0e) === 0x08) return malformed('DUP with QoS 0 [MQTT-3.3.1-2]')
    } else if (type === 0) return malformed('control packet type 0 is reserved [MQTT-2.1.2]')
    else if (flags !== flagsOf(type)) return malformed('reserved flag bits [MQTT-2.1.3-1]')
    let length = 0
    for (let i = 1; i <= 4; i++) {
      if (at + i >= end) return undefined
      const byte = bytes[at + i]!
      length += (byte & 0x7f) << (7 * (i - 1))
      if (byte >= 0x80) continue
      if (byte === 0 && i > 1) return malformed('remaining length longer than needed [MQTT-1.5.5-1]')
      this.#headerBytes = i + 1
      this.#size = i + 1 + length
      if (this.#size > this.#maxPacketBytes) return malformed('packet larger than allowed', Reason.PACKET_TOO_LARGE)
      return undefined
    }
    return malformed('remaining length of five bytes [MQTT-1.5.5]')
  }

  /** How many bytes must be there before the packet is handed out; 0 while its size is unknown. */
  #wanted(type: number): number {
    return this.#inPieces && type === PUBLISH && this.#size > PIECES_FROM ? HEAD_BYTES : this.#size
  }

  #point(buffer: Buffer, start: number, end: number): Frame {
    const frame = this.#frame
    const first = buffer[start]!
    frame.type = first >> 4
    frame.flags = first & 0x0f
    frame.buffer = buffer
    frame.start = start
    frame.bodyAt = start + this.#headerBytes
    frame.end = end
    frame.missing = this.#missing = this.#size - (end - start)
    return frame
  }

  #piece(): Frame | undefined {
    const chunk = this.#chunk
    if (chunk === undefined) return undefined
    const frame = this.#frame
    frame.type = PIECE
    frame.buffer = chunk
    frame.start = frame.bodyAt = this.#at
    frame.end = Math.min(chunk.length, this.#at + this.#missing)
    this.#missing -= frame.end - frame.start
    frame.missing = this.#missing
    this.#advance(frame.end - frame.start)
    return frame
  }

  /** Only what belongs to this packet is ever copied, so that a chunk's other packets stay where they are. */
  #beginPartial(chunk: Buffer, available: number): Frame | Malformed | undefined {
    this.#partial = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, Math.min(this.#size, available * 2)))
    this.#have = chunk.copy(this.#partial, 0, this.#at)
    this.#advance(available)
    return this.#fromPartial()
  }

  #fromPartial(): Frame | Malformed | undefined {
    while (this.#size === 0) {
      if (!this.#take(1)) return undefined
      const problem = this.#readHeader(this.#partial!, 0, this.#have)
      if (problem !== undefined) return problem
    }
    const wanted = this.#wanted(this.#partial![0]! >> 4)
    while (this.#have < wanted) if (!this.#take(wanted - this.#have)) return undefined
    const frame = this.#point(this.#partial!, 0, this.#have)
    this.#partial = undefined
    this.#have = 0
    return frame
  }

  /** Copies up to `most` bytes behind what is there. False: there are none. */
  #take(most: number): boolean {
    const chunk = this.#chunk
    if (chunk === undefined || this.#partial === undefined) return false
    const count = Math.min(most, chunk.length - this.#at)
    if (this.#have + count > this.#partial.length) this.#grow(this.#have + count)
    chunk.copy(this.#partial, this.#have, this.#at, this.#at + count)
    this.#have += count
    this.#advance(count)
    return true
  }

  /** Twice what is there, not what the header claims: memory is given for bytes that came. */
  #grow(least: number): void {
    const size = Math.max(least, Math.min(this.#size, this.#have * 2))
    const grown = Buffer.allocUnsafeSlow(size)
    this.#partial!.copy(grown, 0, 0, this.#have)
    this.#partial = grown
  }

  #advance(count: number): void {
    this.#at += count
    if (this.#at < this.#chunk!.length) return
    this.#chunk = this.#later?.shift()
    this.#at = 0
  }
}
