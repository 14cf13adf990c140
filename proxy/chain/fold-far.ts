/**
 * @module Folding a long stretch of history, at the first start or after a long absence: page by page, so that memory
 * holds the view and one page, whatever was written to the chain.
 */
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { Address } from '../../domain/bytes.ts'
import { VIEW_EVENTS, type View, type ViewEvent } from '../../domain/view.ts'
import type { BlockRef } from './snapshot.ts'

export interface Folded {
  block: BlockRef
  view: View
}

/** Blocks; what is nearer is read at once. */
const FAR = 128

/** Resolves with a view of its own, folded on to `toBlock`; undefined when that is not far. Rejects RpcError. */
export async function foldFar(
  from: Folded,
  { rpc, address, toBlock }: { rpc: Rpc; address: Address; toBlock: number },
): Promise<Folded | undefined> {
  if (toBlock - from.block.number < FAR) return undefined
  const block = await getBlock(rpc, toBlock)
  if (block === undefined) return undefined
  const { number, hash } = block
  const view = from.view.clone()
  const range = { address, fromBlock: from.block.number + 1, toBlock, names: VIEW_EVENTS }
  for await (const page of readEvents(rpc, range)) for (const event of page) view.apply(event as ViewEvent)
  if ((await getBlock(rpc, number))?.hash !== hash)
    throw new RpcError('RPC_INVALID', 'the chain changed while it was read')
  return { block: { number, hash }, view }
}
