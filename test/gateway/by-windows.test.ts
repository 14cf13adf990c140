import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byWindows } from '../../gateway/audit-store/by-windows.ts'
import type { Condition, Engine, EntityQuery } from '../../subgraph/engine/port.ts'
import { openHistoryFile, writeHistory } from '../bench/gateway/history.ts'
import { chanceOf } from '../contracts/differential/random.ts'

const RECORDS = 30_000
const LAST_BLOCK = 2 + RECORDS / 500

let history: Engine
beforeAll(() => {
  const path = join(mkdtempSync(join(tmpdir(), 'flytrap-windows-')), 'history.sqlite')
  writeHistory(path, RECORDS)
  history = openHistoryFile(path)
})
afterAll(() => history?.stop())

const ask = (query: EntityQuery) => history.query('AccessRecord', query)
const paged = (where: Condition[], more: Partial<EntityQuery & { block: number }> = {}) => ({
  where,
  orderBy: 'cursor',
  direction: 'desc' as const,
  first: 20,
  block: LAST_BLOCK,
  ...more,
})

describe('a page that is asked for by windows', () => {
  test('is the page that one question gives, whatever is asked for', async () => {
    const chance = chanceOf(11)
    const filters: Condition[] = [
      { field: 'outcome', is: 'eq', value: 'DENIED' },
      { field: 'denialReason', is: 'eq', value: 'BANNED' },
      { field: 'count', is: 'gte', value: 3n },
      { field: 'sequence', is: 'in', value: [1n, 7n, 499n, 500n, 501n, 29_999n] },
    ]
    for (let i = 0; i < 60; i++) {
      const before: Condition = { field: 'cursor', is: 'lt', value: BigInt(1 + chance.below(LAST_BLOCK)) << 32n }
      const where = [...filters.filter(() => chance.isLikely(0.3)), ...(chance.isLikely(0.3) ? [before] : [])]
      const query = paged(where, { block: chance.below(LAST_BLOCK + 20), first: 1 + chance.below(40) })
      expect(await byWindows(ask, query)).toEqual(ask(query))
    }
  })

  test('that matches nothing lets others have their turn, and asks for wider parts of a sparse history', async () => {
    const widths: bigint[] = []
    const watched = (query: EntityQuery) => {
      const [low, high] = (query.where ?? [])
        .slice(-2)
        .map((one) => ('value' in one ? (one.value as bigint) >> 32n : 0n))
      widths.push((high ?? 0n) - (low ?? 0n))
      return []
    }
    let turns = 0
    let isDone = false
    const others = async (): Promise<void> => {
      for (; !isDone; turns++) await setImmediate()
    }
    const waiting = others()
    expect(await byWindows(watched, paged([], { block: 20_000_000 }))).toEqual([])
    isDone = true
    await waiting
    expect(turns).toBeGreaterThanOrEqual(widths.length - 1)
    expect(widths.length).toBeLessThan(30)
    expect(widths.reduce((sum, width) => sum + width)).toBe(20_000_001n)
  })

  test('is refused when it took too long', async () => {
    const slow = () => {
      const end = performance.now() + 30
      while (performance.now() < end);
      return []
    }
    const limited = byWindows(slow, paged([], { block: 20_000_000 }), 100)
    await expect(limited).rejects.toMatchObject({ code: 'QUERY_TOO_SLOW' })
  })
})
