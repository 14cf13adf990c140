import { describe, expect, test } from 'vitest'
import { Pace } from '../../proxy/rules/pace.ts'

const rates = { packetsPerSecond: 200, publishPerSecond: 100 }

describe('the pace of one device', () => {
  test('lets a second’s worth come at once, then rests as long as what is more would take', () => {
    const pace = new Pace()
    expect(pace.rest({ packets: 100, publishes: 100 }, rates, 0)).toBe(0)
    expect(pace.rest({ packets: 50, publishes: 50 }, rates, 0)).toBe(500)
    expect(pace.rest({ packets: 10, publishes: 10 }, rates, 500)).toBe(100)
    expect(pace.rest({ packets: 100, publishes: 100 }, rates, 10_000)).toBe(0)
  })

  test('counts packets of all kinds, not PUBLISH alone', () => {
    const pace = new Pace()
    expect(pace.rest({ packets: 32_768, publishes: 0 }, rates, 0)).toBe(((32_768 - 200) / 200) * 1_000)
  })

  test('holds over any minute what it says for a second', () => {
    const pace = new Pace()
    let [now, sent] = [0, 0]
    while (now < 60_000) {
      sent += 37
      now += Math.max(1, pace.rest({ packets: 37, publishes: 37 }, rates, now))
    }
    expect(sent).toBeLessThanOrEqual(60 * 100 + 100 + 37)
    expect(sent).toBeGreaterThan(60 * 99)
  })

  test('is none where there is no rate, and a clock that steps back stops nothing', () => {
    const free = { packetsPerSecond: Number.POSITIVE_INFINITY, publishPerSecond: Number.POSITIVE_INFINITY }
    const pace = new Pace()
    for (const now of [0, 5, 5, 2, 1_000]) expect(pace.rest({ packets: 1e6, publishes: 1e6 }, free, now)).toBe(0)
    expect(pace.rest({ packets: 1, publishes: 1 }, rates, 0)).toBe(0)
  })
})
