/** @module The contract's state from its own events: no service of ours is asked. */
import { getBlock } from '../../contracts/rpc/blocks.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { VIEW_EVENTS, View, type ViewEvent } from '../../domain/view.ts'
import type { ChainContext } from '../context.ts'
import { CliError } from '../errors.ts'

/** Resolves with the view after the block `toBlock`, the newest unless told. */
export async function readView(
  { rpc, deployment }: Pick<ChainContext, 'rpc' | 'deployment'>,
  toBlock?: number,
): Promise<View> {
  const view = new View()
  const range = {
    address: deployment.contract,
    fromBlock: deployment.deployBlock,
    toBlock: toBlock ?? (await newestBlock(rpc)),
    names: VIEW_EVENTS,
  }
  for await (const events of readEvents(rpc, range)) for (const event of events) view.apply(event as ViewEvent)
  return view
}

/** Resolves with the last block at or before `time` (Unix seconds), asking for few. Rejects TIME_BEFORE_CHAIN. */
export async function blockAt(rpc: Rpc, time: number, first: number): Promise<number> {
  let [low, high] = [first, await newestBlock(rpc)]
  if ((await timeOf(rpc, low)) > time)
    throw new CliError('TIME_BEFORE_CHAIN', 'The contract did not exist then: nobody had any right. Give a later --at.')
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((await timeOf(rpc, middle)) <= time) low = middle
    else high = middle - 1
  }
  return low
}

export async function timeOf(rpc: Rpc, block: number): Promise<number> {
  const found = await getBlock(rpc, block)
  if (found !== undefined) return found.timestamp
  throw new CliError('BLOCK_MISSING', `The node does not have block ${block}. Wait until it caught up, then try again.`)
}

export const newestBlock = async (rpc: Rpc): Promise<number> => Number(await rpc.request<string>('eth_blockNumber'))
