/** @module Field values as SQLite keeps them, and back. */
import type { EntityValue } from '../port.ts'
import type { FieldKind } from '../schema.ts'

export type StoredValue = string | bigint | Buffer | null

/** A copy into Node's pool: to share a small array's own buffer would move that buffer out of the heap first. */
export const bytesToDriver = (value: Uint8Array): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(value))
/** Of what rows tell as `0x` and hex digits. */
export const hexToDriver = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex')
/** Bytes without Node's Buffer in what readers get. */
export const bytesFromDriver = (value: Buffer): Uint8Array => Uint8Array.from(value)

/**
 * Times, counts, sequences and cursors fit SQLite's 64 bits. Wei may not: what is larger is kept as 32 bytes, which SQLite
 * sorts after every integer and by value, so that comparisons hold. The contract has no negative numbers.
 */
export const bigIntToDriver = (value: bigint): bigint | Buffer =>
  value < 2n ** 63n ? value : Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
export const bigIntFromDriver = (value: bigint | Buffer): bigint =>
  typeof value === 'bigint' ? value : BigInt(`0x${value.toString('hex')}`)

export function toStored(value: EntityValue | undefined): StoredValue {
  if (value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return bigIntToDriver(value)
  return typeof value === 'boolean' ? BigInt(value) : bytesToDriver(value)
}

/** As rows tell it: their Bytes are hex already. */
export function toTold(kind: FieldKind, value: NonNullable<StoredValue>): string | bigint | boolean {
  if (kind === 'Boolean') return value !== 0n
  return kind === 'BigInt' ? bigIntFromDriver(value as bigint | Buffer) : (value as string)
}

export function fromStored(kind: FieldKind, value: NonNullable<StoredValue>): EntityValue {
  switch (kind) {
    case 'String':
      return value as string
    case 'Boolean':
      return value !== 0n
    case 'Bytes':
      return bytesFromDriver(value as Buffer)
    case 'BigInt':
      return bigIntFromDriver(value as bigint | Buffer)
  }
}
