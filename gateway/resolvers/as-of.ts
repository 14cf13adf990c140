/** @module Values that carry the block they are as of, so that what hangs below them is answered as of the same. */
import type { Address } from '../../domain/bytes.ts'

export type At<T> = T & { at: number }
export type WalletRef = At<{ address: Address }>

export const wallet = (address: Address, at: number): WalletRef => ({ address, at })

export const at = <T extends object>(value: T | undefined, block: number): At<T> | null =>
  value === undefined ? null : { ...value, at: block }

export const all = <T extends object>(values: readonly T[], block: number): At<T>[] =>
  values.map((value) => ({ ...value, at: block }))
