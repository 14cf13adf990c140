import { describe, expect, it } from 'vitest'
import { scalars } from '../../gateway/schema/scalars.ts'

const DAY = 86_400
const LAST_IN_CONTRACT = 2 ** 40 - 1

describe('Time', () => {
  it('is spelled as a Date spells it, at every end of a day and beyond four-digit years', () => {
    const days = [0, 1, 59, 11_016, 19_782, 20_453, 2_932_896, 2_932_897, Math.floor(LAST_IN_CONTRACT / DAY)]
    const ends = days.flatMap((day) => [0, 1, 59, 60, 3_599, 3_600, 43_200, DAY - 1].map((rest) => day * DAY + rest))
    const seconds = [...ends, ...ends.toReversed(), LAST_IN_CONTRACT]
    const spelled = seconds.map((second) => scalars.Time.serialize(second))
    expect(spelled).toEqual(seconds.map((second) => new Date(second * 1_000).toISOString().replace('.000Z', 'Z')))
  })
})
