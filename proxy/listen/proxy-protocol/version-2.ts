/** @module Version 2: sixteen fixed bytes, addresses, and fields of type, length and value. Pure. */
import { plainAddress } from '../../address.ts'
import { crc32c } from './crc32c.ts'
import type { HeaderReading } from './header.ts'
import { isUnspecified } from './version-1.ts'

const FIXED_BYTES = 16
/** Addresses take at most 216; what else senders add (names, TLS versions) is far smaller. */
export const MAX_VERSION_2_BYTES = 2_048

const LOCAL = 0x20
const PROXY = 0x21
const UNSPECIFIED = 0x00
/** By family and transport: bytes of source, destination and both ports. */
const ADDRESS_BYTES: Partial<Record<number, number>> = { 17: 12, 33: 36 }
const CHECKSUM = 0x03

export function parseVersion2(bytes: Buffer): HeaderReading {
  if (bytes.length < FIXED_BYTES) return { kind: 'incomplete' }
  const command = bytes[12]!
  const family = bytes[13]!
  const byteLength = FIXED_BYTES + bytes.readUInt16BE(14)
  if (command !== LOCAL && command !== PROXY) return invalid('version and command are neither LOCAL nor PROXY of 2')
  if (byteLength > MAX_VERSION_2_BYTES) return invalid(`the header claims more than ${MAX_VERSION_2_BYTES} bytes`)
  // The sender's own connection, such as a health check: what else it says must be skipped.
  const isSenders = command === LOCAL || family === UNSPECIFIED
  const addressBytes = isSenders ? 0 : ADDRESS_BYTES[family]
  if (addressBytes === undefined) return invalid('the family is neither TCP over IPv4 nor over IPv6')
  if (byteLength < FIXED_BYTES + addressBytes) return invalid('the header is shorter than its addresses')
  if (bytes.length < byteLength) return { kind: 'incomplete' }
  if (isSenders) return { kind: 'header', byteLength, source: { kind: 'sender' } }
  const header = bytes.subarray(0, byteLength)
  return flawOfFields(header, FIXED_BYTES + addressBytes) ?? readSource(header, family === 0x11 ? 4 : 16)
}

function readSource(header: Buffer, size: 4 | 16): HeaderReading {
  const raw = header.subarray(FIXED_BYTES, FIXED_BYTES + size)
  const address = size === 4 ? raw.join('.') : addressOf16(raw)
  if (isUnspecified(address)) return invalid('the source is no device’s address')
  const port = header.readUInt16BE(FIXED_BYTES + 2 * size)
  return { kind: 'header', byteLength: header.length, source: { kind: 'device', address, port } }
}

/** Returns the text that Node gives for such an address, an IPv4-mapped one unmapped. */
function addressOf16(raw: Buffer): string {
  const isMapped = raw.readBigUInt64BE(0) === 0n && raw.readUInt32BE(8) === 0xffff
  if (isMapped) return plainAddress(`::ffff:${raw.subarray(12).join('.')}`)
  const groups = Array.from({ length: 8 }, (_, i) => raw.readUInt16BE(2 * i).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** Returns what is wrong with the fields behind the addresses: they fill the header exactly, or it is none. */
function flawOfFields(header: Buffer, start: number): HeaderReading | undefined {
  let at = start
  while (at < header.length) {
    if (header.length - at < 3) return invalid('a field is cut off')
    const type = header[at]!
    const length = header.readUInt16BE(at + 1)
    const value = at + 3
    if (value + length > header.length) return invalid('a field reaches past the header')
    if (type === CHECKSUM && !isIntact(header, value, length)) return invalid('the checksum is wrong')
    at = value + length
  }
  return undefined
}

/** The checksum is that of the header with zeros in its own place. */
function isIntact(header: Buffer, at: number, length: number): boolean {
  if (length !== 4) return false
  const zeroed = Buffer.from(header)
  zeroed.fill(0, at, at + 4)
  return crc32c(zeroed) === header.readUInt32BE(at)
}

const invalid = (why: string): HeaderReading => ({ kind: 'invalid', why })
