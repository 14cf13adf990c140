/** @module What one request knows, and the block that its answers are as of. */
import type { AuditBlock, AuditStatus, AuditStore } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'

export interface GatewayContext {
  store: AuditStore
  chainId: bigint
  contract: `0x${string}`
}

export type AsOf = { block: bigint } | { time: number }

/**
 * Returns the last block of the history that is not beyond what was asked for. Throws BLOCK_IN_FUTURE, TIME_IN_FUTURE,
 * BEFORE_DEPLOYMENT, HISTORY_NOT_READY, or HISTORY_BEHIND when blocks that belong to the answer may not be read yet.
 */
export async function blockOf({ store }: GatewayContext, asOf?: AsOf | null): Promise<AuditBlock> {
  const { head, ...status } = await store.status()
  if (head === undefined) refuse('HISTORY_NOT_READY', 'The history is still being read from the chain. Ask again soon.')
  if (asOf === null || asOf === undefined) return head
  assertReached(asOf, { head, ...status })
  const block = 'time' in asOf ? await store.blockAtOrBefore(asOf.time) : await store.blockUpTo(Number(asOf.block))
  return block ?? refuse('BEFORE_DEPLOYMENT', 'There was no contract yet at that time.')
}

/** Returns the second that terms are judged at. An idle chain's head can be old; the proxy goes by the clock, as we do. */
export async function momentOf({ store }: GatewayContext, asOf: AsOf | null | undefined, block: AuditBlock) {
  if (asOf === null || asOf === undefined) return Math.max(block.time, clock())
  if ('time' in asOf) return asOf.time
  const time = await store.blockTime(Number(asOf.block)).catch(() => undefined)
  return time ?? refuse('CHAIN_UNREACHABLE', 'The chain does not tell when that block was. Ask again soon, or by time.')
}

function assertReached(asOf: AsOf, { head, chainHeight, trouble }: AuditStatus & { head: AuditBlock }): void {
  if ('time' in asOf) {
    if (asOf.time > Math.max(clock(), head.time)) refuse('TIME_IN_FUTURE', 'That time is still to come.')
    const mayMiss = trouble !== undefined || chainHeight !== head.number
    if (asOf.time > head.time && mayMiss) refuse('HISTORY_BEHIND', behind(head))
  } else if (asOf.block > BigInt(head.number)) {
    const isOnChain = chainHeight !== undefined && asOf.block <= BigInt(chainHeight)
    if (isOnChain) refuse('HISTORY_BEHIND', behind(head))
    refuse('BLOCK_IN_FUTURE', `The history goes up to block ${head.number}.`)
  }
}

const clock = (): number => Math.floor(Date.now() / 1_000)
const behind = ({ number }: AuditBlock): string =>
  `The history is read up to block ${number} only. \`status\` tells how far it lags: ask again soon.`
