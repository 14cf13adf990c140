/**
 * @module The contract's logs in chain order, from any endpoint: `eth_getLogs` alone, in ranges as wide as the node
 * takes; no filters, no WebSocket, no archive.
 */
import { type ContractEvent, decodeLog, type EventName, eventTopic, type RpcLog } from '../abi/events.ts'
import { quantity } from './blocks.ts'
import { type Rpc, RpcError } from './json-rpc.ts'
import { spanOf } from './log-span.ts'

export interface LogRange {
  address: `0x${string}`
  /** Both ends included. */
  fromBlock: number
  toBlock: number
  /** All events when absent. */
  names?: readonly EventName[]
  /** What the indexed arguments must be, 32 bytes each; null: anything. */
  indexed?: readonly (`0x${string}` | null)[]
  /** About so many logs in one list, for a reader whose memory is to stay small; a single block's are never parted. */
  atOnce?: number
}

/** Yields the raw logs, one list a range asked. Rejects RpcError when even a single block is refused. */
export async function* readLogs(rpc: Rpc, range: LogRange): AsyncGenerator<RpcLog[]> {
  const { address, fromBlock, toBlock, names, indexed = [], atOnce } = range
  const topics = names === undefined ? [] : [names.map(eventTopic), ...indexed]
  const span = spanOf(rpc)
  let width = atOnce === undefined ? Number.POSITIVE_INFINITY : FIRST_BLOCKS
  let pauses = 0
  for (let from = fromBlock; from <= toBlock; ) {
    const to = Math.min(toBlock, from + Math.min(span.width, width) - 1)
    const filter = { address, topics, fromBlock: quantity(from), toBlock: quantity(to) }
    try {
      const logs = await rpc.request<RpcLog[]>('eth_getLogs', [filter])
      span.accepted(to - from + 1)
      pauses = 0
      if (atOnce !== undefined) width = nextWidth(to - from + 1, logs.length, atOnce)
      yield logs
      from = to + 1
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      // A long history asked of an endpoint that counts requests: slower, not from the beginning again.
      if (error.code === 'RPC_LIMITED' && pauses < MOST_PAUSES) await pause(error.retryAfterMs ?? 500 * 2 ** pauses++)
      // Too many results, too wide a range, an answer that took too long: ask for less. Unreachable is not too much.
      else if (!isTooWide(error) || from === to) throw error
      else span.refused(to - from + 1, error.reason)
    }
  }
}

const MOST_PAUSES = 5
/** Nothing is known of the next blocks: a few at first, twice as many while they hold little. */
const FIRST_BLOCKS = 16

function nextWidth(asked: number, found: number, atOnce: number): number {
  if (found <= atOnce / 2) return asked * 2
  return Math.max(1, Math.floor((asked * atOnce) / found))
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const isTooWide = ({ code }: RpcError): boolean => code !== 'RPC_UNREACHABLE' && code !== 'RPC_LIMITED'

/** Yields the contract's events, decoded, in chain order. */
export async function* readEvents(rpc: Rpc, range: LogRange): AsyncGenerator<ContractEvent[]> {
  for await (const logs of readLogs(rpc, range)) {
    const events = logs.filter((log) => log.removed !== true).flatMap((log) => decodeLog(log) ?? [])
    // Nodes answer in order; an evidence chain does not lean on it.
    yield events.sort((a, b) => a.log.blockNumber - b.log.blockNumber || a.log.logIndex - b.log.logIndex)
  }
}
