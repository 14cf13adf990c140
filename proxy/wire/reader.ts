/** @module Reads MQTT's data types (MQTT 5 section 1.5) from one packet, never beyond it. */
import type { Buffer } from 'node:buffer'
import type { Malformed } from './frame.ts'
import { malformed } from './frame.ts'

/** Thrown inside the decoder only; `decodePacket` turns it into a {@link Malformed}. */
export class MalformedError extends Error {
  readonly result: Malformed

  constructor(why: string, reasonCode?: number) {
    super(why)
    this.result = malformed(why, reasonCode)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Reader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number

  constructor(bytes: Buffer, at: number, end = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** A variable byte integer of at most four bytes, in its shortest form. [MQTT-1.5.5-1] */
  varint(): number {
    let value = 0
    for (let i = 0; i < 4; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) << (7 * i)
      if (byte >= 0x80) continue
      if (byte === 0 && i > 0) throw new MalformedError('integer longer than needed [MQTT-1.5.5-1]')
      return value
    }
    throw new MalformedError('integer of five bytes [MQTT-1.5.5]')
  }

  /** Well-formed UTF-8 without U+0000; a BOM is kept. [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.4-3] */
  text(): string {
    return decodeText(this.binary())
  }

  binary(): Buffer {
    const length = this.u16()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A reader over the next `length` bytes, which this one skips. */
  part(length: number): Reader {
    const at = this.#take(length)
    return new Reader(this.#bytes, at, at + length)
  }

  end(): void {
    if (this.left !== 0) throw new MalformedError('bytes left over at the end of a packet')
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw new MalformedError('a field reaches beyond its packet')
    this.#at = at + length
    return at
  }
}

export function decodeText(bytes: Uint8Array): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new MalformedError('ill-formed UTF-8 [MQTT-1.5.4-1]')
  }
  if (text.includes('\0')) throw new MalformedError('U+0000 in text [MQTT-1.5.4-2]')
  return text
}
