/**
 * @module The contract's logs in chain order, from any endpoint: `eth_getLogs` alone, ranges halved when the node
 * refuses them; no filters, no WebSocket, no archive.
 */
import { type ContractEvent, decodeLog, type EventName, eventTopic, type RpcLog } from '../abi/events.ts'
import { quantity } from './blocks.ts'
import { type Rpc, RpcError } from './json-rpc.ts'

export interface LogRange {
  address: `0x${string}`
  /** Both ends included. */
  fromBlock: number
  toBlock: number
  /** All events when absent. */
  names?: readonly EventName[]
}

/** Many nodes refuse more; the range doubles again after success. */
const FIRST_SPAN = 10_000

/** Yields the raw logs, one list a range asked. Rejects RpcError when even a single block is refused. */
export async function* readLogs(rpc: Rpc, { address, fromBlock, toBlock, names }: LogRange): AsyncGenerator<RpcLog[]> {
  const topics = names === undefined ? [] : [names.map(eventTopic)]
  let span = FIRST_SPAN
  for (let from = fromBlock; from <= toBlock; ) {
    const to = Math.min(toBlock, from + span - 1)
    const filter = { address, topics, fromBlock: quantity(from), toBlock: quantity(to) }
    const logs = await rpc.request<RpcLog[]>('eth_getLogs', [filter]).catch((error: unknown) => {
      // Too many results, too wide a range, an answer that took too long: ask for less. Unreachable is not too much.
      if (!(error instanceof RpcError) || error.code === 'RPC_UNREACHABLE' || from === to) throw error
      return undefined
    })
    if (logs === undefined) {
      span = Math.max(1, Math.floor((to - from + 1) / 2))
      continue
    }
    yield logs
    from = to + 1
    span = Math.min(FIRST_SPAN, span * 2)
  }
}

/** Yields the contract's events, decoded, in chain order. */
export async function* readEvents(rpc: Rpc, range: LogRange): AsyncGenerator<ContractEvent[]> {
  for await (const logs of readLogs(rpc, range)) {
    const events = logs.filter((log) => log.removed !== true).flatMap((log) => decodeLog(log) ?? [])
    // Nodes answer in order; an evidence chain does not lean on it.
    yield events.sort((a, b) => a.log.blockNumber - b.log.blockNumber || a.log.logIndex - b.log.logIndex)
  }
}
