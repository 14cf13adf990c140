/** @module The embedded chain's clock. */
import { quantity } from '../rpc/blocks.ts'
import type { Rpc } from '../rpc/json-rpc.ts'

/**
 * Brings a chain that is behind this machine's clock up to it. anvil reads the clock twice as it starts and keeps the
 * difference for good: when a second ends between the two, all its blocks are dated a second too early, and a batch of
 * this second would be refused. A chain that is ahead stays there: time in blocks never goes back.
 */
export async function catchUp(rpc: Rpc): Promise<void> {
  const now = Math.floor(Date.now() / 1_000)
  const { timestamp } = await rpc.request<{ timestamp: string }>('eth_getBlockByNumber', ['pending', false])
  const behind = now - Number(timestamp)
  if (behind > 0) await rpc.request('evm_increaseTime', [quantity(BigInt(behind))])
}
