/** @module The words of an evidence bundle, parsed once at the edge: everything in a PDF is its sender's claim. */
import { z } from 'zod'
import type { Address, Bytes32, Hex } from '../../../domain/bytes.ts'

const hexOf = (bytes: number) => new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`)

export const address = z.custom<Address>((value) => typeof value === 'string' && hexOf(20).test(value), 'an address')
export const bytes32 = z.custom<Bytes32>((value) => typeof value === 'string' && hexOf(32).test(value), '32 bytes')
export const bytes = z.custom<Hex>((value) => typeof value === 'string' && isHex(value), 'bytes in lower-case hex')
/** Any whole number that JSON keeps exactly. */
export const whole = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
/** Unix seconds, as the contract keeps them. */
export const seconds = whole.max(2 ** 40 - 1)

/** No single regular expression over what may be a hundred megabytes. */
function isHex(value: string): value is Hex {
  return value.startsWith('0x') && value.length % 2 === 0 && !/[^0-9a-f]/.test(value.slice(2))
}
