/** @module Blocks by number and by time, asked of the chain: Graph Node keeps only those of late. */
import { getBlock } from '../../../contracts/rpc/blocks.ts'
import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import { refuse } from '../../errors.ts'
import type { AuditBlock } from '../port.ts'

export interface ChainBlocks {
  /** The last block at or before a time, from the deployment up to `head`. */
  atOrBefore(time: number, head: AuditBlock | undefined): Promise<AuditBlock | undefined>
  upTo(number: number, head: AuditBlock | undefined): Promise<AuditBlock | undefined>
}

/** Throws GatewayError CHAIN_UNREACHABLE where no endpoint tells. */
export function chainBlocks(rpc: Rpc, deployBlock: number): ChainBlocks {
  const blockAt = async (number: number): Promise<AuditBlock> => {
    const block = await getBlock(rpc, number).catch((error: unknown) => {
      if (!(error instanceof RpcError)) throw error
    })
    if (block !== undefined) return { number, hash: block.hash, time: block.timestamp }
    return refuse('CHAIN_UNREACHABLE', 'The chain does not tell of a block that the answer needs. Ask again soon.')
  }
  return {
    async atOrBefore(time, head) {
      if (head === undefined || head.time <= time) return head
      // Times never fall: halve what lies between a block at or before, and one after.
      let [before, low, high] = [undefined as AuditBlock | undefined, deployBlock, head.number]
      while (low < high) {
        const block = await blockAt((low + high) >> 1)
        if (block.time > time) high = block.number
        else [before, low] = [block, block.number + 1]
      }
      return before
    },
    async upTo(number, head) {
      if (head === undefined || number < deployBlock) return undefined
      return number >= head.number ? head : blockAt(number)
    },
  }
}
