/** @module Pages, Relay's way: each page is as of its first page's block. */
import type { AuditBlock, Page } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { type AsOf, blockOf, type GatewayContext } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

export interface PageRequest {
  first: number
  after?: string | null
  asOf?: AsOf | null
}

export interface PageBounds extends Omit<Page, 'block'> {
  block: AuditBlock
}

const MAX_FIRST = 1_000

/** Throws FIRST_OUT_OF_RANGE. */
export function assertFirst(first: number): void {
  if (!(first >= 1 && first <= MAX_FIRST)) refuse('FIRST_OUT_OF_RANGE', `\`first\` is from 1 to ${MAX_FIRST}.`)
}

/** Returns the page's bounds. Throws FIRST_OUT_OF_RANGE, BAD_CURSOR, CURSOR_REORGANISED, and what `blockOf` does. */
export async function pageOf(context: GatewayContext, { first, after, asOf }: PageRequest): Promise<PageBounds> {
  assertFirst(first)
  if (after === null || after === undefined) return { first, block: await blockOf(context, asOf) }
  const cursor = decodeCursor(after)
  // A cursor's block was the history's own: when it is not there any more, the chain has replaced it.
  const block = await context.store.blockUpTo(cursor.block)
  if (block?.number !== cursor.block || block.hash !== cursor.hash) {
    refuse('CURSOR_REORGANISED', 'The chain replaced the block of your first page. Begin again without `after`.')
  }
  return { first, before: cursor.position, block }
}

/** Asks for one more than is shown: it tells whether there is a next page. */
export async function connection<T extends { cursor: bigint }, N extends { cursor: bigint }>(
  { block, ...bounds }: PageBounds,
  ask: (page: Page) => Promise<T[]>,
  nodeOf: (row: T) => N,
) {
  const rows = await ask({ ...bounds, first: bounds.first + 1, block: block.number })
  const nodes = rows.slice(0, bounds.first).map(nodeOf)
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node, block) }))
  const pageInfo = { hasNextPage: rows.length > bounds.first, endCursor: edges.at(-1)?.cursor ?? null }
  return { edges, nodes, pageInfo, asOf: block }
}

export const cursorOf = ({ cursor }: { cursor: bigint }, { number, hash }: AuditBlock): string =>
  encodeCursor({ position: cursor, block: number, hash })
