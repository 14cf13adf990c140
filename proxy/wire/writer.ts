/** @module Writes MQTT's data types (MQTT 5 section 1.5), and puts the fixed header before what was written. */
import { Buffer } from 'node:buffer'

export class Writer {
  readonly #parts: Buffer[] = []
  #length = 0

  bytes(part: Buffer): this {
    this.#parts.push(part)
    this.#length += part.length
    return this
  }

  u8(value: number): this {
    return this.bytes(Buffer.of(value))
  }

  u16(value: number): this {
    return this.bytes(Buffer.of(value >> 8, value & 0xff))
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeUInt32BE(value)
    return this.bytes(part)
  }

  /** A variable byte integer in its shortest form. [MQTT-1.5.5-1] */
  varint(value: number): this {
    return this.bytes(encodeVarint(value))
  }

  text(text: string): this {
    return this.binary(Buffer.from(text, 'utf8'))
  }

  binary(part: Buffer): this {
    if (part.length > 0xffff) throw new RangeError('a field of more than 65,535 bytes')
    return this.u16(part.length).bytes(part)
  }

  /** Another writer's bytes with their length before them: properties (section 2.2.2). */
  part(other: Writer): this {
    return this.varint(other.#length).bytes(other.#body())
  }

  /** Returns the packet: type and flags, remaining length, body (section 2.1). */
  packet(typeAndFlags: number): Buffer {
    return Buffer.concat([Buffer.of(typeAndFlags), encodeVarint(this.#length), ...this.#parts])
  }

  #body(): Buffer {
    return Buffer.concat(this.#parts, this.#length)
  }
}

function encodeVarint(value: number): Buffer {
  const digits: number[] = []
  let rest = value
  do {
    digits.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  if (digits.length > 4) throw new RangeError('more than a variable byte integer can say')
  return Buffer.from(digits)
}
