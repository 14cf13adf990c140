/**
 * @module A node that still tells of blocks that a reorganisation orphaned, by their hash, as Ethereum's do and anvil does
 * not. Graph Node goes back over them one by one, and one that it had not kept itself it asked anvil for, for ever, every
 * two minutes: its npm build takes all below the last 10 blocks for final and reads them by number, and we undo up to 30.
 * https://github.com/graphprotocol/graph-node/issues/3319
 */
import { getBlock } from '../../../contracts/rpc/blocks.ts'
import { createRpc } from '../../../contracts/rpc/json-rpc.ts'
import { startLimitedNode } from '../../support/limited-node.ts'

export interface OrphanKeeper {
  url: string
  /** To be called before the last `depth` blocks are undone. */
  keep(depth: number): Promise<void>
  stop(): Promise<void>
}

export async function startOrphanKeeper(target: string): Promise<OrphanKeeper> {
  const rpc = createRpc(target)
  const orphans = new Map<string, unknown>()
  const node = await startLimitedNode(target, { logBlocks: Number.MAX_SAFE_INTEGER })
  node.lie = (method, result, [hash, isFull]) =>
    method === 'eth_getBlockByHash' ? (result ?? orphans.get(`${hash} ${isFull}`) ?? null) : result
  return {
    url: node.url,
    async keep(depth) {
      const head = (await getBlock(rpc, 'latest'))?.number ?? 0
      for (let number = Math.max(0, head - depth); number <= head; number++) {
        for (const isFull of [true, false]) {
          const block = await rpc.request<{ hash: string }>('eth_getBlockByNumber', [
            `0x${number.toString(16)}`,
            isFull,
          ])
          orphans.set(`${block.hash} ${isFull}`, block)
        }
      }
    },
    stop: () => node.stop(),
  }
}
