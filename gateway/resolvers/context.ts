/** @module What one request knows: the store, and the block that its answers are as of. */
import type { AuditBlock, AuditStore } from '../audit-store/port.ts'
import { refusal } from '../errors.ts'
import { decodeCursor } from './cursor.ts'

export interface GatewayContext {
  store: AuditStore
  chainId: bigint
  contract: `0x${string}`
}

export type AsOf = { block: bigint } | { time: number }

/** Returns the block to answer as of. Throws BLOCK_IN_FUTURE, BEFORE_DEPLOYMENT or HISTORY_NOT_READY. */
export async function blockOf({ store }: GatewayContext, asOf: AsOf | null | undefined): Promise<AuditBlock> {
  const { head } = await store.status()
  if (head === undefined)
    throw refusal('HISTORY_NOT_READY', 'The history is still being read from the chain. Ask again soon.')
  if (asOf === null || asOf === undefined) return head
  if ('time' in asOf) {
    const block = await store.blockAtOrBefore(asOf.time)
    return block ?? refuse('BEFORE_DEPLOYMENT', 'There was no contract yet at that time.')
  }
  const number = Number(asOf.block)
  if (number > head.number) return refuse('BLOCK_IN_FUTURE', `The history goes up to block ${head.number}.`)
  const hash = await store.blockHash(number)
  return { number, hash: (hash ?? head.hash) as AuditBlock['hash'], time: head.time }
}

export interface PageRequest {
  first: number
  after?: string | null
  asOf?: AsOf | null
}

const MAX_FIRST = 1_000

/** Returns the page's bounds. Throws FIRST_OUT_OF_RANGE, BAD_CURSOR or CURSOR_REORGANISED. */
export async function pageOf(context: GatewayContext, { first, after, asOf }: PageRequest) {
  if (first < 1 || first > MAX_FIRST) throw refusal('FIRST_OUT_OF_RANGE', `\`first\` is from 1 to ${MAX_FIRST}.`)
  if (after === null || after === undefined) {
    const block = await blockOf(context, asOf)
    return { first, block }
  }
  const cursor = decodeCursor(after)
  const hash = await context.store.blockHash(cursor.block)
  if (hash !== undefined && hash !== cursor.hash) {
    throw refusal(
      'CURSOR_REORGANISED',
      'The chain has replaced the block of your first page. Begin again without `after`.',
    )
  }
  const { head } = await context.store.status()
  if (head === undefined || cursor.block > head.number) {
    throw refusal(
      'CURSOR_REORGANISED',
      'The chain no longer has the block of your first page. Begin again without `after`.',
    )
  }
  return { first, before: cursor.position, block: { number: cursor.block, hash: cursor.hash } }
}

function refuse(code: Parameters<typeof refusal>[0], message: string): never {
  throw refusal(code, message)
}
