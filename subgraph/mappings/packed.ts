// The packed word of an Access event, as domain/packed.ts writes it.
import { BigInt, ByteArray } from "@graphprotocol/graph-ts"

/** Returns `size` bytes of the word as a number, `at` bytes above its lowest one. */
export function field(packed: BigInt, at: i32, size: i32): BigInt {
  // One byte more than the field: a BigInt's bytes are little-endian and signed.
  const bytes = new Uint8Array(size + 1)
  for (let i = 0; i < size && at + i < packed.length; i++) bytes[i] = packed[at + i]
  return BigInt.fromUnsignedBytes(changetype<ByteArray>(bytes))
}
