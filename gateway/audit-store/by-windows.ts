/**
 * @module A page of a long history, asked for from its end backwards, some blocks at a time: SQLite cannot be stopped in the
 * middle, and a filter that matches little reads all. Between two windows others have their turn.
 */
import { setImmediate } from 'node:timers/promises'
import type { Condition, EntityQuery, EntityRow } from '../../subgraph/engine/port.ts'
import { refuse } from '../errors.ts'

const FIRST_BLOCKS = 64
/** A window that took less is followed by a wider one, one that took more by a narrower one. */
const SHORT_MS = 2
const LONG_MS = 8
/** All windows of one question together. */
const LIMIT_MS = 10_000

export type Ask = (query: EntityQuery) => EntityRow[]

/** As `ask` answers a page that is ordered by descending cursors, as of a block. Throws QUERY_TOO_SLOW. */
export async function byWindows(
  ask: Ask,
  query: EntityQuery & { block: number },
  limitMs: number = LIMIT_MS,
): Promise<EntityRow[]> {
  const end = performance.now() + limitMs
  const found: EntityRow[] = []
  let width = FIRST_BLOCKS
  for (let above = query.block + 1; above > 0; ) {
    const from = Math.max(0, above - width)
    const startedAt = performance.now()
    found.push(...ask({ ...query, where: within(query, from, above), first: query.first - found.length }))
    if (found.length >= query.first || from === 0) return found
    above = from
    width = nextWidth(width, performance.now() - startedAt)
    if (performance.now() > end)
      refuse(
        'QUERY_TOO_SLOW',
        'So few records match that it takes too long to find them. Name a topic, an account, or a later block.',
      )
    await setImmediate()
  }
  return found
}

const within = ({ where = [] }: EntityQuery, from: number, above: number): Condition[] => [
  ...where,
  { field: 'cursor', is: 'gte', value: BigInt(from) << 32n },
  { field: 'cursor', is: 'lt', value: BigInt(above) << 32n },
]

function nextWidth(width: number, ms: number): number {
  if (ms < SHORT_MS) return width * 8
  return ms > LONG_MS ? Math.max(1, Math.floor(width / 2)) : width
}
