/** @module What a batch takes at most: more than one has ever taken (docs/gas.md), for budgets before it is built. Pure. */

export const BATCH_GAS = 80_000n
export const RECORD_GAS = 4_000n

export const usualGas = (records: number): bigint => BATCH_GAS + RECORD_GAS * BigInt(records)
