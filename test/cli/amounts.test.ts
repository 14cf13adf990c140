import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyTerms } from '../../cli/actions/topic-terms.ts'
import { parseEth, parsePeriod, parseShare } from '../../cli/terminal/amounts.ts'
import { quoted, visible, wrapped } from '../../cli/terminal/output.ts'
import { showAboutEth, showEth, showGas, showPeriod } from '../../domain/amounts.ts'
import { describeTerms, NO_TERMS } from '../../domain/terms.ts'

describe('an amount of ETH', () => {
  test('is read back as it was shown, to the wei', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, (1n << 96n) - 1n), (wei) => {
        expect(parseEth(showEth(wei), '--price')).toBe(wei)
      }),
    )
    expect(showEth(0n)).toBe('free')
  })

  test.each(['', '-1', '1e3', '0x10', '1,5', '.5', '1.', '0.0000000000000000001', '99999999999', 'NaN'])(
    'is not %j',
    (text) => {
      expect(() => parseEth(text, '--price')).toThrow('--price is an amount of ETH')
    },
  )

  test('is rounded to three digits where it is only about right', () => {
    expect(showAboutEth(123_456_789_012_345n)).toBe('0.000123 ETH')
    expect(showAboutEth(1_999_999_999_999_999_999n)).toBe('2 ETH')
    expect(showAboutEth(7n)).toBe('0.000000000000000007 ETH')
    expect(showGas(1_234_567n)).toBe('1,234,567')
  })
})

describe('a period and a share', () => {
  test('are read and shown in words', () => {
    expect(['30d', '12h', '90m', 'forever'].map(parsePeriod)).toEqual([2_592_000, 43_200, 5_400, 0])
    expect([2_592_000, 3_600, 5_400, 61, 0].map(showPeriod)).toEqual([
      '30 days',
      '1 hour',
      '90 minutes',
      '61 seconds',
      'for ever',
    ])
    expect(['5%', '2.5', '10%', '0'].map(parseShare)).toEqual([500, 250, 1_000, 0])
    for (const text of ['11%', '-1', 'half']) expect(() => parseShare(text)).toThrow('--share')
    for (const text of ['0d', '30', '999999w', 'never']) expect(() => parsePeriod(text)).toThrow('--period')
  })
})

describe('terms', () => {
  test('get a period of 30 days with the first price, and keep it after', () => {
    const first = applyTerms(NO_TERMS, { subscribePrice: '0.01' })
    expect(first.period).toBe(30 * 86_400)
    expect(applyTerms({ ...first, period: 60 }, { publishPrice: '1' })).toMatchObject({ offers: 3, period: 60 })
    expect(applyTerms(first, { subscribePrice: 'none' })).toMatchObject({ offers: 0, period: 0, subscribePrice: 0n })
    expect(() => applyTerms(NO_TERMS, { period: '30d' })).toThrow('say a price too')
    expect(Object.fromEntries(describeTerms(first))).toMatchObject({
      'to publish': 'not for sale',
      'to subscribe': '0.01 ETH for 30 days',
    })
  })
})

describe('text on a terminal', () => {
  test('is quoted so that a shell takes it back as it was, and never obeyed', () => {
    expect(quoted('home/kitchen')).toBe('home/kitchen')
    expect(quoted("it's #1")).toBe("'it'\\''s #1'")
    expect(quoted('a\u001b[2J\u202e')).toBe("$'a\\U0000001b[2J\\U0000202e'")
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(quoted(text))).toBe(quoted(text))
      }),
      { numRuns: 30 },
    )
  })

  test('is broken between words', () => {
    expect(wrapped('one two three', '  ', 9)).toBe('one two\n  three')
  })
})
