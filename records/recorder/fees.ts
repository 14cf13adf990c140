/** @module Fees of a transaction and of the one that replaces it, within a bound. Pure. */
import type { Fees } from '../../contracts/rpc/transact.ts'

/** Nodes ask for a tenth more before they replace. */
const RAISE = [9n, 8n] as const

/** What a replacement must offer at least. */
export const leastAfter = (fee: bigint): bigint => (fee * RAISE[0]) / RAISE[1] + 1n

/** Returns what a replacement offers: enough to replace, and what the network asks for by now. */
export const raised = (before: Fees, now: Fees): Fees => ({
  maxFeePerGas: max(leastAfter(before.maxFeePerGas), now.maxFeePerGas),
  maxPriorityFeePerGas: max(leastAfter(before.maxPriorityFeePerGas), now.maxPriorityFeePerGas),
})

export const within = ({ maxFeePerGas, maxPriorityFeePerGas }: Fees, bound: bigint): Fees => {
  const fee = maxFeePerGas < bound ? maxFeePerGas : bound
  return { maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas < fee ? maxPriorityFeePerGas : fee }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
