/**
 * @module Random packets for fuzzing, legal ones by MQTT's grammar and broken ones made from them. Fast and reproducible:
 * a million must fit into a test run.
 */
import { Buffer } from 'node:buffer'
import {
  ANY_PROPERTY,
  AUTH_PROPERTIES,
  BROKER,
  CLIENT,
  CONNACK_PROPERTIES,
  CONNECT_PROPERTIES,
  type Dice,
  FILTERS,
  FLAWED_TEXTS,
  NAMES,
  type Property,
  PUBLISH_PROPERTIES,
  REASON_ONLY,
  SUBSCRIBE_PROPERTIES,
  USER_ONLY,
  type Version,
  WILL_PROPERTIES,
} from './packet-parts.ts'

/** One part in so many of a flawed packet is not as it should be. */
const FLAW_IN = 6

/** Writes packets into one buffer that is used again and again. */
export class PacketWriter {
  readonly #bytes = Buffer.alloc(8_192)
  #at = 0
  #isFlawed = false
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

  /** One with some of its parts wrong, in ways that changed bytes hardly ever find; now and then a legal one. */
  flawed(version: Version, from: 'client' | 'broker'): Buffer {
    this.#isFlawed = true
    const packet = this.#dice.roll(1_000) === 0 ? this.#crowded(version) : this.legal(version, from)
    this.#isFlawed = false
    return packet
  }

  /** More filters or user properties than anybody may send. */
  #crowded(version: Version): Buffer {
    this.#at = 5
    this.#u16(1)
    if (version === 5 && this.#dice.roll(3) === 0) {
      this.#u8(0).#u8(0x85).#u8(0x0a) // 257 times five bytes
      for (let i = 0; i < 257; i++) this.#u8(0x26).#u16(0).#u16(0)
      return this.#packet(0x40)
    }
    if (version === 5) this.#u8(0)
    const hasOptions = this.#dice.roll(2) === 0
    for (let i = 0; i <= 1_000; i++) {
      this.#u16(1).#u8(0x61)
      if (hasOptions) this.#u8(0)
    }
    return this.#packet(hasOptions ? 0x82 : 0xa2)
  }

  #isWrong(): boolean {
    return this.#isFlawed && this.#dice.roll(FLAW_IN) === 0
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
        for (let i = this.#dice.roll(3); i >= 0; i--) this.#subscription(version)
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

  /** QoS, No Local (not of shared ones), Retain As Published, Retain Handling. */
  #subscription(version: Version): void {
    const filter = this.#dice.pick(FILTERS)
    const noLocal = filter.startsWith('$share/') && !this.#isWrong() ? 0 : this.#dice.roll(2) << 2
    const more = version === 4 ? 0 : noLocal | (this.#dice.roll(2) << 3) | (this.#dice.roll(3) << 4)
    this.#text(filter).#u8(this.#isWrong() ? this.#dice.roll(256) : this.#dice.roll(3) | more)
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
    if (this.#isWrong()) return this.#flawedConnect(version)
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

  /** Any flags, of any version, with what they ask for. */
  #flawedConnect(version: Version): number {
    const flags = this.#dice.roll(256)
    this.#text(this.#dice.pick(['MQTT', 'MQTT', 'MQTT', 'MQIsdp'])).#u8(this.#dice.pick([version, version, 3, 131]))
    this.#u8(flags).#u16(0).#properties(version, CONNECT_PROPERTIES)
    this.#text('client')
    if ((flags & 0x04) !== 0) {
      this.#properties(version, WILL_PROPERTIES)
      this.#text('will').#text('gone')
    }
    if ((flags & 0x80) !== 0) this.#text('user')
    if ((flags & 0x40) !== 0) this.#text('password')
    return 0
  }

  /** Each at most once, user properties as often as they come. Returns 0, the flags of most packets. */
  #properties(version: Version, known: readonly Property[]): 0 {
    if (version === 4) return 0
    const lengthAt = this.#at
    this.#u8(0)
    if (this.#dice.roll(2) === 0) return 0
    for (const property of known) if (this.#dice.roll(3) === 0) this.#property(property)
    if (this.#isWrong()) this.#property(this.#dice.pick(ANY_PROPERTY))
    this.#writeLength(lengthAt, this.#at - lengthAt - 1)
    return 0
  }

  /** Makes room where two bytes are needed; a wrong one says more than there is. */
  #writeLength(at: number, length: number): void {
    if (length >= 0x80) {
      this.#bytes.copyWithin(at + 2, at + 1, this.#at++)
      this.#bytes[at + 1] = length >> 7
    }
    this.#bytes[at] = (length & 0x7f) | (length >= 0x80 ? 0x80 : 0)
    if (this.#isWrong()) this.#bytes[at]! += this.#dice.roll(3)
  }

  #property([id, kind]: Property): void {
    if (kind === 'login') return this.#login()
    this.#u8(id)
    if (kind === 'bit') this.#u8(this.#isWrong() ? 2 : this.#dice.roll(2))
    else if (kind === 'u16') this.#u16(this.#isWrong() ? 0 : 1 + this.#dice.roll(60_000))
    else if (kind === 'u32') this.#u16(0).#u16(this.#isWrong() ? 0 : 1 + this.#dice.roll(60_000))
    else if (kind === 'varint') this.#u8(this.#isWrong() ? 0 : 1 + this.#dice.roll(127))
    else if (kind === 'text') this.#text(this.#dice.pick(NAMES))
    else
      for (let i = this.#dice.roll(2); i >= 0; i--) {
        if (i > 0) this.#text('k').#text('v').#u8(id)
        else this.#text('b').#text('a')
      }
  }

  #login(): void {
    if (!this.#isWrong()) this.#u8(0x15).#text('method')
    if (this.#dice.roll(2) === 0) this.#u8(0x16).#text('data')
  }

  #id(): this {
    return this.#u16(this.#isWrong() ? 0 : 1 + this.#dice.roll(65_535))
  }

  #u8(value: number): this {
    this.#bytes[this.#at++] = value
    return this
  }

  #u16(value: number): this {
    return this.#u8(value >> 8).#u8(value & 0xff)
  }

  #text(value: string): this {
    const flawed = this.#isWrong() ? this.#dice.pick(FLAWED_TEXTS) : undefined
    const length = flawed?.copy(this.#bytes, this.#at + 2) ?? this.#bytes.write(value, this.#at + 2)
    this.#u16(length)
    this.#at += length
    return this
  }
}
