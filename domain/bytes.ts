/**
 * @module Bytes as they are hashed and compared everywhere: big-endian, lower-case hex. keccak256 only where the EVM
 * does it, SHA-256 elsewhere (DESIGN section 4). Pure; also runs in a browser.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** `0x` and lower-case hex digits, two a byte. */
export type Hex = `0x${string}`
/** An account address: 20 bytes, lower case. EIP-55 only in text for people. */
export type Address = Hex
/** 32 bytes. */
export type Bytes32 = Hex

export const ZERO_ADDRESS: Address = `0x${'00'.repeat(20)}`
export const ZERO_BYTES32: Bytes32 = `0x${'00'.repeat(32)}`

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => concatBytes(...parts)
export const utf8 = (text: string): Uint8Array => utf8ToBytes(text)
export const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
/** SHA-256 by whatever computes it: servers have a faster one than browsers. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array
export const sha256: Sha256 = (bytes) => nobleSha256(bytes)
export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes)
/** The same over bytes that come in pieces. */
export const createKeccak256 = (): { update(bytes: Uint8Array): unknown; digest(): Uint8Array } => keccak_256.create()

/** Returns the bytes of `hex`. Throws on anything but `0x` and an even number of hex digits. */
export function fromHex(hex: string): Uint8Array {
  if (!hex.startsWith('0x')) throw new RangeError('hex must start with 0x')
  return hexToBytes(hex.slice(2))
}

/** Returns `value` as `size` bytes, big-endian. Throws RangeError when it is negative or does not fit. */
export function uint(value: bigint | number, size: number): Uint8Array {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return smallUint(value, size)
  let rest = BigInt(value)
  if (rest < 0n || rest >> BigInt(size * 8) !== 0n) throw new RangeError(`${value} does not fit ${size} bytes`)
  const bytes = new Uint8Array(size)
  for (let i = size - 1; i >= 0 && rest !== 0n; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

/** The same without BigInt, which takes several times as long. */
function smallUint(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let rest = value
  for (let i = size - 1; i >= 0 && rest !== 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  if (rest !== 0) throw new RangeError(`${value} does not fit ${size} bytes`)
  return bytes
}

/** Returns `bytes` read as one big-endian number. */
export const toUint = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(toHex(bytes)))

/** Returns the address in lower case, or undefined when `text` is not 20 bytes of hex. Checksums are not checked here. */
export function parseAddress(text: string): Address | undefined {
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? (text.toLowerCase() as Address) : undefined
}

/** Returns true when both hold the same bytes; the time tells nothing about where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}
