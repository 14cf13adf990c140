/** @module What random packets are made of: dice, names, and which properties stand where. */
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

export const NAMES = ['home/a', 'home/kitchen/temp', 'a', '/a', 'a//b', 'é', '日本', '$SYS/x', '\ufeffx']
export const FILTERS = ['home/#', '#', '+/a', 'a/+/b', '$share/g/home/#', ...NAMES]

const bytesOf = (given: readonly (string | number[])[]): Buffer[] =>
  given.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.from(one)))
/** What no name may be, and what is no text. */
export const FLAWED_TEXTS = bytesOf([
  ...['', 'a\0b', 'a#', '+a', 'a/#/b', '$share/g', '$share//a', '\u{10ffff}'],
  ...[[0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff]],
])

/** `login`: a method, perhaps with data. */
export type Property = readonly [id: number, kind: 'bit' | 'u16' | 'u32' | 'varint' | 'text' | 'pairs' | 'login']
const USER: Property = [0x26, 'pairs']
export const USER_ONLY = [USER]
export const REASON_ONLY: readonly Property[] = [[0x1f, 'text'], USER]
export const SUBSCRIBE_PROPERTIES: readonly Property[] = [[0x0b, 'varint'], USER]
export const AUTH_PROPERTIES: readonly Property[] = [[0x15, 'text'], [0x16, 'text'], USER]
const message: readonly Property[] = [
  [0x01, 'bit'],
  [0x02, 'u32'],
  [0x03, 'text'],
  [0x08, 'text'],
  [0x09, 'text'],
]
export const PUBLISH_PROPERTIES: readonly Property[] = [...message, [0x23, 'u16'], USER]
export const WILL_PROPERTIES: readonly Property[] = [...message, [0x18, 'u32'], USER]
export const CONNECT_PROPERTIES: readonly Property[] = [
  [0x15, 'login'],
  [0x19, 'bit'],
  [0x11, 'u32'],
  [0x21, 'u16'],
  [0x27, 'u32'],
  [0x22, 'u16'],
  [0x17, 'bit'],
  USER,
]
export const CONNACK_PROPERTIES: readonly Property[] = [
  [0x11, 'u32'],
  [0x15, 'login'],
  [0x1a, 'text'],
  [0x1c, 'text'],
  [0x1f, 'text'],
  [0x22, 'u16'],
  [0x27, 'u32'],
  [0x28, 'bit'],
  [0x29, 'bit'],
  [0x2a, 'bit'],
  [0x21, 'u16'],
  [0x24, 'bit'],
  [0x25, 'bit'],
  [0x13, 'u16'],
  [0x12, 'text'],
  USER,
]
export const CLIENT = [1, 3, 3, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15]
export const BROKER = [2, 3, 3, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15]

/** For the wrong place, twice, or unknown. */
export const ANY_PROPERTY: readonly Property[] = [
  ...CONNECT_PROPERTIES,
  ...CONNACK_PROPERTIES,
  ...PUBLISH_PROPERTIES,
  [0x7e, 'u16'],
]

/** Breaks a packet: bytes changed, cut off, or doubled; returns a copy. */
export function damaged(packet: Buffer, dice: Dice): Buffer {
  const bytes = Buffer.from(packet)
  for (let i = dice.roll(4); i >= 0; i--) bytes[dice.roll(bytes.length)] = dice.roll(4) === 0 ? 0xff : dice.roll(256)
  return dice.roll(4) === 0 ? bytes.subarray(0, 1 + dice.roll(bytes.length)) : bytes
}
