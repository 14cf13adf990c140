import { describe, expect, test } from 'vitest'
import type { AccessRecord } from '../../domain/access-record.ts'
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { matches, parseTopicFilter, parseTopicName, type TopicFilter } from '../../domain/topic-filter.ts'
import { relationOf } from '../../domain/topic-relation.ts'

const LEVELS = ['', 'a', 'b', '+', '#', '$s']
const FILTERS = LEVELS.flatMap((x) => [
  x,
  ...LEVELS.flatMap((y) => [`${x}/${y}`, ...LEVELS.map((z) => `${x}/${y}/${z}`)]),
]).filter((text) => parseTopicFilter(text) !== undefined)
const NAMES = ['', 'a', 'b', 'c', '$s']
  .flatMap((x, _, all) => [
    x,
    ...all.flatMap((y) => [`${x}/${y}`, ...all.flatMap((z) => [`${x}/${y}/${z}`, `${x}/${y}/${z}/c`])]),
  ])
  .flatMap((text) => parseTopicName(text) ?? [])

test('two filters overlap exactly when some name matches both', () => {
  const matching = new Map(
    FILTERS.map((filter) => [filter, NAMES.filter((name) => matches(filter as TopicFilter, name))]),
  )
  for (const a of FILTERS) {
    for (const b of FILTERS) {
      const common = matching.get(a)!.some((name) => matches(b as TopicFilter, name))
      if (overlaps(a, b) !== common) expect({ a, b, overlaps: overlaps(a, b) }).toEqual({ a, b, overlaps: common })
    }
  }
  expect(FILTERS.length).toBeGreaterThan(100)
})

const record: AccessRecord = {
  action: Action.PUBLISH,
  outcome: Outcome.ALLOWED,
  denialReason: DenialReason.NONE,
  countIsLowerBound: false,
  sealed: false,
  account: ZERO_ADDRESS,
  topicId: ZERO_BYTES32,
  grantId: 7,
  firstAt: 1,
  span: 0,
  count: 1,
}
const ASKED = 'home/kitchen' as TopicFilter
const relate = (
  change: Partial<AccessRecord>,
  topic?: string,
  evidence?: { names?: { name: string; count: number }[]; unnamed?: number },
) => relationOf(ASKED, { record: { ...record, ...change }, topic: topic as TopicFilter | undefined, evidence })
const name = (...names: string[]) => ({ names: names.map((text) => ({ name: text, count: 1 })) })

describe('a record, for a question about home/kitchen', () => {
  test('is certain when its grant is on that very topic', () => {
    expect(relate({}, 'home/kitchen')).toEqual({ relation: 'certain', names: undefined })
  })
  test('is only possible under a wider grant, until evidence narrows it', () => {
    expect(relate({}, 'home/#').relation).toBe('possible')
    expect(relate({}, 'home/#', name('home/kitchen', 'home/hall'))).toEqual({
      relation: 'certain',
      names: [{ name: 'home/kitchen', count: 1 }],
    })
    expect(relate({}, 'home/#', name('home/hall'))).toEqual({ relation: 'none', narrowed: true })
  })
  test('of an owner, or denied, can be about all below the literal topic', () => {
    expect(relate({ grantId: 0 }, 'home').relation).toBe('possible')
    expect(relate({ outcome: Outcome.DENIED, grantId: 0 }, 'home').relation).toBe('possible')
    expect(relate({}, 'home')).toEqual({ relation: 'none', narrowed: false })
    expect(relate({ grantId: 0 }, 'garden')).toEqual({ relation: 'none', narrowed: false })
  })
  test('whose denied names were only counted stays possible', () => {
    expect(relate({ outcome: Outcome.DENIED }, 'home', { ...name('home/hall'), unnamed: 3 }).relation).toBe('possible')
  })
  test('under no registered topic is narrowed by evidence alone', () => {
    expect(relate({ outcome: Outcome.DENIED }).relation).toBe('possible')
    expect(relate({ outcome: Outcome.DENIED, action: Action.SUBSCRIBE }, undefined, name('#')).relation).toBe('certain')
    expect(relate({ outcome: Outcome.DENIED }, undefined, name('garden'))).toEqual({ relation: 'none', narrowed: true })
  })
  test('of a connection, or sealed, is none of its rows', () => {
    expect(relate({ action: Action.CONNECT }).relation).toBe('none')
    expect(relate({ sealed: true, action: 0 }).relation).toBe('none')
    expect(relate({ action: Action.DISCLOSE, grantId: 0 }, 'home/kitchen').relation).toBe('possible')
    expect(relate({ action: Action.DISCLOSE }).relation).toBe('none')
  })

  test('of a disclosure is never narrowed: its evidence names records, not topics', () => {
    const about = { action: Action.DISCLOSE, grantId: 0 }
    expect(relate(about, 'home/kitchen', { names: [{ name: '1:17-18', count: 2 }] }).relation).toBe('possible')
  })
})
