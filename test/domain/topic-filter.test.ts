import { describe, expect, test } from 'vitest'
import {
  covers,
  isFirstLevel,
  isWildcard,
  literalAncestry,
  literalPrefix,
  matches,
  parseRegisteredFilter,
  parseTopicFilter,
  parseTopicName,
  type TopicFilter,
  type TopicName,
} from '../../domain/topic-filter.ts'

const filter = (text: string): TopicFilter => parseTopicFilter(text) ?? expect.fail(`invalid filter ${text}`)
const name = (text: string): TopicName => parseTopicName(text) ?? expect.fail(`invalid name ${text}`)

describe('a topic name', () => {
  test.each(['a', '/', '/a', 'a/', 'a//b', '$SYS/x', 'é', ' '])(
    '%j is legal, empty levels too [MQTT-4.7.3-1]',
    (text) => {
      expect(parseTopicName(text)).toBe(text)
    },
  )

  test.each(['', 'a\0', 'a+', '#', 'a/#', '+', 'a\ud800', 'x'.repeat(65_536)])(
    'refuses empty, NUL, wildcards, lone surrogates and more than 65535 bytes [MQTT-3.3.2-2] (case %#)',
    (text) => expect(parseTopicName(text)).toBeUndefined(),
  )

  test('is not normalised: NFC and NFD are two topics [MQTT-4.7.3-4]', () => {
    expect(matches(filter('caf\u00e9'), name('cafe\u0301'))).toBe(false)
  })
})

describe('a topic filter', () => {
  test.each(['#', '+', '/', 'a/#', '+/+', '+/a/#', '/+', 'a/+/b', '$SYS/#'])('%j is legal [MQTT-4.7.1-1]', (text) => {
    expect(parseTopicFilter(text)).toBe(text)
  })

  test.each(['', 'a#', '#/a', 'a/#/b', 'a+', '+a', 'a/+b', '##', 'a/\0'])('%j is refused [MQTT-4.7.1-2]', (text) => {
    expect(parseTopicFilter(text)).toBeUndefined()
  })

  test('is registered only up to 256 bytes and 16 levels, without control characters', () => {
    expect(parseRegisteredFilter('é'.repeat(128))).toBeDefined()
    expect(parseRegisteredFilter(`${'é'.repeat(128)}x`)).toBeUndefined()
    expect(parseRegisteredFilter('/'.repeat(15))).toBeDefined()
    expect(parseRegisteredFilter('/'.repeat(16))).toBeUndefined()
    expect(parseRegisteredFilter('a\nb')).toBeUndefined()
    expect(parseRegisteredFilter('a\u007f')).toBeUndefined()
  })

  test.each([
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['+', '/a', false],
    ['+/+', '/a', true],
    ['/+', '/a', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
  ])('%j against %j: %s [MQTT-4.7.1-2] [MQTT-4.7.2-1]', (pattern, topicName, expected) => {
    expect(matches(filter(pattern), name(topicName))).toBe(expected)
  })
})

describe('covers', () => {
  test('never lets a filter through that matches a name which the grant does not, over every small pair', () => {
    const words = (levels: string[], depth: number): string[] =>
      depth === 1
        ? levels
        : [...levels, ...words(levels, depth - 1).flatMap((rest) => levels.map((l) => `${l}/${rest}`))]
    const names = [...words(['a', 'b', ''], 4), '$SYS', '$SYS/a'].flatMap((text) => parseTopicName(text) ?? [])
    const filters = words(['a', '', '+', '#', '$SYS'], 3).flatMap((text) => parseTopicFilter(text) ?? [])
    const matched = new Map(filters.map((f) => [f, new Set(names.filter((n) => matches(f, n)))]))

    const tooWide = filters.flatMap((granted) =>
      filters.filter(
        (requested) => covers(granted, requested) && !matched.get(requested)!.isSubsetOf(matched.get(granted)!),
      ),
    )
    expect(filters.length).toBeGreaterThan(90)
    expect(tooWide).toEqual([])
  })

  test.each([
    ['home/#', 'home/#', true],
    ['home/#', 'home', true],
    ['home/#', 'home/+/x', true],
    ['home/a', 'home/#', false],
    ['home/+', 'home/#', false],
    ['+/x', '#', false],
    ['#', '$SYS/#', false],
  ])('%j over %j: %s', (granted, requested, expected) => {
    expect(covers(filter(granted), filter(requested))).toBe(expected)
  })
})

describe('literal prefixes', () => {
  test.each([
    ['a/b/#', 'a/b'],
    ['a/+/c', 'a'],
    ['a/b', 'a/b'],
    ['#', undefined],
    ['+/a', undefined],
    ['/#', undefined],
    ['/a/#', '/a'],
  ])('of %j: %j', (text, expected) => expect(literalPrefix(filter(text))).toBe(expected))

  test('end at the first level, whose leading empty level belongs to nobody', () => {
    expect(literalAncestry('a/b/c')).toEqual(['a/b/c', 'a/b', 'a'])
    expect(literalAncestry('/a/b')).toEqual(['/a/b', '/a'])
    expect(literalAncestry('a//b')).toEqual(['a//b', 'a/', 'a'])
    expect(['a', '/a', '/'].every(isFirstLevel)).toBe(true)
    expect(['a/b', '/a/b', 'a/'].some(isFirstLevel)).toBe(false)
  })

  test('tell wildcards from text that holds their characters nowhere', () => {
    expect(['#', 'a/+', '+/b'].every(isWildcard)).toBe(true)
    expect(['a', '/', 'a/b'].some(isWildcard)).toBe(false)
  })

  test('are none that is too long to be registered, however long the name is', () => {
    const long = 'a'.repeat(128)
    expect(literalAncestry(`${long}/${'b'.repeat(127)}/c`)).toEqual([`${long}/${'b'.repeat(127)}`, long])
    expect(literalAncestry(`${long}/${'b'.repeat(128)}/c`)).toEqual([long])
    expect(literalAncestry(`${'a'.repeat(257)}/b`)).toEqual([])
    expect(literalAncestry(`a${'/a'.repeat(32_000)}`)).toHaveLength(128)
  })
})
