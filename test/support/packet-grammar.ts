/**
 * @module Random packets for fuzzing, legal ones by MQTT's grammar and broken ones made from them. Fast and reproducible:
 * a million must fit into a test run.
 */
import { Buffer } from 'node:buffer'

/** xorshift32: the same seed gives the same packets. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** 0 to `below` − 1. */
  roll(below: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) % below
  }

  pick<T>(from: readonly T[]): T {
    return from[this.roll(from.length)]!
  }
}

export type Version = 4 | 5

const NAMES = ['home/a', 'home/kitchen/temp', 'a', '/a', 'a//b', 'é', '日本', '$SYS/x', '\ufeffx']
const FILTERS = ['home/#', '#', '+/a', 'a/+/b', '$share/g/home/#', ...NAMES]

/** Writes packets into one buffer that is used again and again. */
export class PacketWriter {
  readonly #bytes = Buffer.alloc(4_096)
  #at = 0
  readonly #dice: Dice

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** One legal packet of a client or a broker: a view that holds until the next. */
  legal(version: Version, from: 'client' | 'broker'): Buffer {
    const types = from === 'client' ? CLIENT : BROKER
    const type = this.#dice.pick(
      version === 5 ? types : types.filter((one) => one !== 15 && !(one === 14 && from === 'broker')),
    )
    // The body first, behind room for the longest header.
    this.#at = 5
    const flags = this.#body(type, version)
    return this.#packet((type << 4) | flags)
  }

  #packet(first: number): Buffer {
    let length = this.#at - 5
    const header = [first]
    do {
      header.push((length & 0x7f) | (length > 0x7f ? 0x80 : 0))
      length >>>= 7
    } while (length > 0)
    const start = 5 - header.length
    for (const [i, byte] of header.entries()) this.#bytes[start + i] = byte
    return this.#bytes.subarray(start, this.#at)
  }

  /** Returns the flags. */
  #body(type: number, version: Version): number {
    switch (type) {
      case 1:
        return this.#connect(version)
      case 2:
        this.#u8(this.#dice.roll(2)).#u8(0)
        return this.#properties(version, CONNACK_PROPERTIES)
      case 3:
        return this.#publish(version)
      case 8:
        this.#id().#properties(version, SUBSCRIBE_PROPERTIES)
        for (let i = this.#dice.roll(3); i >= 0; i--) this.#text(this.#dice.pick(FILTERS)).#u8(this.#dice.roll(3))
        return 2
      case 10:
        this.#id().#properties(version, USER_ONLY)
        for (let i = this.#dice.roll(3); i >= 0; i--) this.#text(this.#dice.pick(FILTERS))
        return 2
      case 9:
      case 11:
        return this.#subscriptionAnswer(type, version)
      case 14:
        return version === 5 && this.#dice.roll(2) === 0 ? this.#u8(0x80).#properties(version, REASON_ONLY) : 0
      case 15:
        this.#u8(this.#dice.pick([0, 0x18, 0x19]))
        return this.#properties(version, AUTH_PROPERTIES)
      case 12:
      case 13:
        return 0
      default:
        return this.#acknowledgement(type, version)
    }
  }

  #subscriptionAnswer(type: number, version: Version): number {
    this.#id().#properties(version, REASON_ONLY)
    if (type === 11 && version === 4) return 0
    for (let i = this.#dice.roll(3); i >= 0; i--)
      this.#u8(version === 5 ? this.#dice.pick([0, 0x87]) : this.#dice.roll(3))
    return 0
  }

  #acknowledgement(type: number, version: Version): number {
    this.#id()
    if (version === 5 && this.#dice.roll(3) === 0) {
      this.#u8(type < 6 ? this.#dice.pick([0, 0x10, 0x87]) : this.#dice.pick([0, 0x92]))
      if (this.#dice.roll(2) === 0) this.#properties(version, REASON_ONLY)
    }
    return type === 6 ? 2 : 0
  }

  #publish(version: Version): number {
    const qos = this.#dice.roll(3)
    this.#text(this.#dice.pick(NAMES))
    if (qos > 0) this.#id()
    this.#properties(version, PUBLISH_PROPERTIES)
    for (let i = this.#dice.roll(40); i > 0; i--) this.#u8(this.#dice.roll(256))
    return (qos << 1) | this.#dice.roll(2) | (qos > 0 ? this.#dice.roll(2) << 3 : 0)
  }

  #connect(version: Version): number {
    const [will, user] = [this.#dice.roll(2), this.#dice.roll(2)]
    const flags = (user * 0xc0) | (will * (0x04 | (this.#dice.roll(3) << 3) | (this.#dice.roll(2) << 5))) | 0x02
    this.#text('MQTT').#u8(version).#u8(flags).#u16(this.#dice.roll(65_536))
    this.#properties(version, CONNECT_PROPERTIES)
    this.#text(`client-${this.#dice.roll(1_000)}`)
    if (will === 1) {
      this.#properties(version, WILL_PROPERTIES)
      this.#text(this.#dice.pick(NAMES)).#text('gone')
    }
    if (user === 1) this.#text('user').#text('password')
    return 0
  }

  /** Each at most once, user properties as often as they come. Returns 0, the flags of most packets. */
  #properties(version: Version, known: readonly Property[]): 0 {
    if (version === 4) return 0
    const lengthAt = this.#at
    this.#u8(0)
    if (this.#dice.roll(2) === 0) return 0
    for (const property of known) if (this.#dice.roll(3) === 0) this.#property(property)
    const length = this.#at - lengthAt - 1
    if (length < 0x80) this.#bytes[lengthAt] = length
    else this.#at = lengthAt + 1 // too long for one byte: none then
    return 0
  }

  #property([id, kind]: Property): void {
    this.#u8(id)
    if (kind === 'bit') this.#u8(this.#dice.roll(2))
    else if (kind === 'u16') this.#u16(1 + this.#dice.roll(60_000))
    else if (kind === 'u32') this.#u16(this.#dice.roll(65_536)).#u16(1 + this.#dice.roll(60_000))
    else if (kind === 'varint') this.#u8(1 + this.#dice.roll(127))
    else if (kind === 'text') this.#text(this.#dice.pick(NAMES))
    else
      for (let i = this.#dice.roll(2); i >= 0; i--) {
        if (i > 0) this.#text('k').#text('v').#u8(id)
        else this.#text('b').#text('a')
      }
  }

  #id(): this {
    return this.#u16(1 + this.#dice.roll(65_535))
  }

  #u8(value: number): this {
    this.#bytes[this.#at++] = value
    return this
  }

  #u16(value: number): this {
    return this.#u8(value >> 8).#u8(value & 0xff)
  }

  #text(value: string): this {
    const length = this.#bytes.write(value, this.#at + 2)
    this.#u16(length)
    this.#at += length
    return this
  }
}

type Property = readonly [id: number, kind: 'bit' | 'u16' | 'u32' | 'varint' | 'text' | 'pairs']
const USER: Property = [0x26, 'pairs']
const USER_ONLY = [USER]
const REASON_ONLY: readonly Property[] = [[0x1f, 'text'], USER]
const SUBSCRIBE_PROPERTIES: readonly Property[] = [[0x0b, 'varint'], USER]
const AUTH_PROPERTIES: readonly Property[] = [[0x15, 'text'], [0x16, 'text'], USER]
const message: readonly Property[] = [
  [0x01, 'bit'],
  [0x02, 'u32'],
  [0x03, 'text'],
  [0x08, 'text'],
  [0x09, 'text'],
]
const PUBLISH_PROPERTIES: readonly Property[] = [...message, [0x23, 'u16'], USER]
const WILL_PROPERTIES: readonly Property[] = [...message, [0x18, 'u32'], USER]
const CONNECT_PROPERTIES: readonly Property[] = [
  [0x11, 'u32'],
  [0x21, 'u16'],
  [0x27, 'u32'],
  [0x22, 'u16'],
  [0x17, 'bit'],
  USER,
]
const CONNACK_PROPERTIES: readonly Property[] = [
  [0x21, 'u16'],
  [0x24, 'bit'],
  [0x25, 'bit'],
  [0x13, 'u16'],
  [0x12, 'text'],
  USER,
]
const CLIENT = [1, 3, 3, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15]
const BROKER = [2, 3, 3, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15]

/** Breaks a packet: bytes changed, cut off, or doubled; returns a copy. */
export function damaged(packet: Buffer, dice: Dice): Buffer {
  const bytes = Buffer.from(packet)
  for (let i = dice.roll(4); i >= 0; i--) bytes[dice.roll(bytes.length)] = dice.roll(4) === 0 ? 0xff : dice.roll(256)
  return dice.roll(4) === 0 ? bytes.subarray(0, 1 + dice.roll(bytes.length)) : bytes
}
