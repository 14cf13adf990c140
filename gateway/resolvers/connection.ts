/** @module Pages, Relay's way: each page is as of its first page's block. */
import type { AuditBlock, Page } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import type { At } from './as-of.ts'
import { type AsOf, blockOf, type GatewayContext } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

export interface PageRequest {
  first: number
  after?: string | null
  asOf?: AsOf | null
}

/** A page of what hangs below something: as of the same block, unless a cursor says another. */
export type NestedPage = Omit<PageRequest, 'asOf'>

export interface PageBounds extends Omit<Page, 'block'> {
  block: AuditBlock
  /** Throws CURSOR_REORGANISED when the block is the history's no more: what was read beside it may be of two chains. */
  assertStands(): Promise<void>
}

const MAX_FIRST = 1_000

/** Throws FIRST_OUT_OF_RANGE. */
export function assertFirst(first: number): void {
  if (!(first >= 1 && first <= MAX_FIRST)) refuse('FIRST_OUT_OF_RANGE', `\`first\` is from 1 to ${MAX_FIRST}.`)
}

/** Returns the page's bounds. Throws FIRST_OUT_OF_RANGE, BAD_CURSOR, CURSOR_REORGANISED, and what `blockOf` does. */
export async function pageOf(context: GatewayContext, { first, after, asOf }: PageRequest): Promise<PageBounds> {
  assertFirst(first)
  if (after === null || after === undefined) return begun(context, first, await blockOf(context, asOf))
  return continued(context, first, after)
}

/** As {@link pageOf}, below something that is as of `block`. */
export async function nestedPageOf(
  context: GatewayContext,
  { first, after }: NestedPage,
  block: AuditBlock,
): Promise<PageBounds> {
  assertFirst(first)
  return after === null || after === undefined ? begun(context, first, block) : continued(context, first, after)
}

const begun = (context: GatewayContext, first: number, block: AuditBlock): PageBounds => ({
  first,
  block,
  assertStands: () => assertStands(context, block),
})

async function continued(context: GatewayContext, first: number, after: string): Promise<PageBounds> {
  const cursor = decodeCursor(after)
  // A cursor's block was the history's own: when it is not there any more, the chain has replaced it.
  const block = await standing(context, { number: cursor.block, hash: cursor.hash })
  return { ...begun(context, first, block), before: cursor.position }
}

/** Throws CURSOR_REORGANISED. */
export async function assertStands(context: GatewayContext, block: AuditBlock): Promise<void> {
  await standing(context, block)
}

async function standing({ store }: GatewayContext, { number, hash }: { number: number; hash: string }) {
  const block = await store.blockUpTo(number)
  if (block?.number !== number || block.hash !== hash)
    refuse('CURSOR_REORGANISED', 'The chain replaced the block that you read at. Begin again without `after`.')
  return block
}

/** Asks for one more than is shown: it tells whether there is a next page. */
export async function connection<T extends { cursor: bigint }>(
  { block, assertStands, ...bounds }: PageBounds,
  ask: (page: Page) => Promise<T[]>,
) {
  const rows = await ask({ ...bounds, first: bounds.first + 1, block: block.number })
  await assertStands()
  const nodes: At<T>[] = rows.slice(0, bounds.first).map((row) => ({ ...row, at: block }))
  const edges = () => nodes.map((node) => ({ node, cursor: cursorOf(node, block) }))
  const last = nodes.at(-1)
  const endCursor = last === undefined ? null : cursorOf(last, block)
  const pageInfo = { hasNextPage: rows.length > bounds.first, endCursor }
  return { edges, nodes, pageInfo, asOf: block }
}

export const cursorOf = ({ cursor }: { cursor: bigint }, { number, hash }: AuditBlock): string =>
  encodeCursor({ position: cursor, block: number, hash })
