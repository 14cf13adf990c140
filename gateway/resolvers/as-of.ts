/** @module Values that carry the block they are as of, so that what hangs below them is answered as of the same. */
import type { Address } from '../../domain/bytes.ts'
import { andThen } from '../audit-store/and-then.ts'
import type { AuditBlock, PromiseOrValue } from '../audit-store/port.ts'

export type At<T> = T & { at: AuditBlock }
export type WalletRef = At<{ address: Address }>

export const wallet = (address: Address, at: AuditBlock): WalletRef => ({ address, at })

export const at = <T extends object>(
  found: PromiseOrValue<T | undefined>,
  block: AuditBlock,
): PromiseOrValue<At<T> | null> => andThen(found, (value) => (value === undefined ? null : { ...value, at: block }))

export const all = <T extends object>(values: readonly T[], block: AuditBlock): At<T>[] =>
  values.map((value) => ({ ...value, at: block }))
