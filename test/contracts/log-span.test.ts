import { describe, expect, test } from 'vitest'
import { LogSpan, namedLimit } from '../../contracts/rpc/log-span.ts'

describe('a refused range', () => {
  test.each([
    ['range 20000 exceeds limit of 1000', 1_000],
    ['eth_getLogs is limited to a 10,000 range', 10_000],
    ['eth_getLogs and eth_newFilter are limited to a 5,000 blocks range', 5_000],
    ['exceed maximum block range: 50000', undefined],
    ['invalid params: range 9009594 is bigger than range limit 2000', 2_000],
    ['ranges over 10k blocks are not supported', 10_000],
    ['query returned more than 10000 results', undefined],
    ['query timeout exceeded', undefined],
    ['Try with this block range [0x1, 0x3e8].', undefined],
    ['block range is too wide (https://node5:8545/v3/1234)', undefined],
  ])('“%s” names %s blocks', (message, limit) => {
    expect(namedLimit(20_000, message)).toBe(limit)
  })
})

/** Reads so many blocks from a node that refuses wider ranges, and tells how often it refused and answered. */
function read(span: LogSpan, blocks: number, isRefused: (from: number, width: number) => string | undefined) {
  const told = { refused: 0, answered: 0 }
  for (let from = 0; from < blocks; ) {
    const width = Math.min(span.width, blocks - from)
    const message = isRefused(from, width)
    if (message === undefined) {
      span.accepted(width)
      told.answered++
      from += width
    } else {
      span.refused(width, message)
      told.refused++
    }
  }
  return told
}

describe('a limit that an endpoint', () => {
  test('names is met after one refusal, and never tried again', () => {
    const span = new LogSpan()
    const limited = (_: number, width: number) => (width > 1_000 ? `exceeds limit of 1000 blocks` : undefined)
    expect(read(span, 50_000, limited)).toEqual({ refused: 1, answered: 50 })
    expect(read(span, 500_000, limited)).toEqual({ refused: 0, answered: 500 })
  })

  test.each([10, 128, 1_000, 2_000, 9_999])('keeps to itself (%i) is found in a few steps', (limit) => {
    const span = new LogSpan()
    const blocks = 200 * limit
    const { refused, answered } = read(span, blocks, (_, width) => (width > limit ? 'query exceeds limits' : undefined))
    expect(refused).toBeLessThan(25)
    expect(answered).toBeLessThan(250)
  })

  test('has for results only narrows dense blocks, and not the sparse ones behind them', () => {
    const span = new LogSpan()
    const dense = (from: number, width: number) => (from < 1_000 && width > 20 ? 'more than 10000 results' : undefined)
    const { refused, answered } = read(span, 1_000_000, dense)
    expect(refused).toBeLessThan(30)
    expect(answered).toBeLessThan(600)
    expect(span.width).toBeGreaterThan(5_000)
  })
})
