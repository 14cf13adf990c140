import { expect, test } from 'vitest'
import { AgeTrend } from '../../records/recorder/age-trend.ts'

const LIMIT = 86_400

/** One sample every ten seconds. */
function after(ages: readonly number[]): number | null {
  const trend = new AgeTrend()
  for (const [i, age] of ages.entries()) trend.note(i * 10_000, age)
  return trend.secondsUntil(LIMIT)
}
const growing = (from: number, rate: number) => Array.from({ length: 100 }, (_, i) => from + i * 10 * rate)

test('while nothing grows old nothing is foretold', () => {
  expect(after([])).toBeNull()
  expect(after(Array.from({ length: 50 }, (_, i) => i % 12))).toBeNull()
  expect(after(growing(600, 0))).toBeNull()
})

test('a chain that stands still lets the oldest record wait a second longer each second', () => {
  expect(after(growing(1_000, 1))).toBe(LIMIT - 1_990)
})

test('a backlog that grows at half that pace has twice the time', () => {
  expect(after(growing(1_000, 0.5))).toBe((LIMIT - 1_495) * 2)
})

test('one that has waited too long has none left', () => {
  expect(after(growing(LIMIT, 1))).toBe(0)
})
