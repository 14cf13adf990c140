/** @module Blocks as the node tells them: what a reader needs, and the raw fields for a header's proof. */
import type { Rpc } from './json-rpc.ts'

type Hex = `0x${string}`

export interface Block {
  number: number
  hash: Hex
  parentHash: Hex
  /** Unix seconds. */
  timestamp: number
  /** All fields as the node gave them, for rebuilding the header. */
  raw: Record<string, unknown>
}

export type BlockTag = 'latest' | 'pending' | 'finalized' | 'safe' | 'earliest'

export const quantity = (value: number | bigint): Hex => `0x${value.toString(16)}`

/** Returns the block without its transactions, or undefined when the node has none such. Rejects RpcError. */
export async function getBlock(rpc: Rpc, which: BlockTag | number | Hex): Promise<Block | undefined> {
  const isHash = typeof which === 'string' && /^0x[0-9a-f]{64}$/i.test(which)
  const parameter = typeof which === 'number' ? quantity(which) : which
  const method = isHash ? 'eth_getBlockByHash' : 'eth_getBlockByNumber'
  const raw = await rpc.request<Record<string, unknown> | null>(method, [parameter, false])
  if (raw === null) return undefined
  return {
    number: Number(raw.number),
    hash: raw.hash as Hex,
    parentHash: raw.parentHash as Hex,
    timestamp: Number(raw.timestamp),
    raw,
  }
}
