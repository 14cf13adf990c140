import { describe, expect, test } from 'vitest'
import { sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import { defaultRules, EMBEDDED_PACE, PRODUCTION_PACE } from '../../proxy/rules/default-rules.ts'
import { type Problem, RulesError, readRules } from '../../proxy/rules/read-rules.ts'
import { fuzzRules } from '../support/rules-campaign.ts'

function problemsIn(text: string): readonly Problem[] {
  try {
    readRules(text)
    return []
  } catch (error) {
    if (!(error instanceof RulesError)) throw error
    return error.problems
  }
}

const said = (text: string): string[] =>
  problemsIn(text).map(({ line, column, key, what }) => `${line}:${column} ${key}: ${what}`)

describe('the default rules', () => {
  test.each([EMBEDDED_PACE, PRODUCTION_PACE])('of %j are read without a problem', (pace) => {
    const rules = readRules(defaultRules(pace), { pace })
    expect(rules.anchoring).toMatchObject({ batch: 500, spendPerHour: 10n ** 16n, confirmations: pace.confirmations })
    expect(rules.limits).toMatchObject({ maxPacketBytes: 1 << 20, connectTimeout: 10_000 })
    expect(rules.storage).toEqual({ minFree: 2 ** 30, retention: 400 * 86_400_000, minimum: 30 * 86_400_000 })
  })

  test('are what an empty file means, and have its hash', () => {
    const empty = readRules('')
    expect(empty).toEqual(readRules(defaultRules(PRODUCTION_PACE)))
    expect(empty.hash).toBe(toHex(sha256(utf8(canonicalJson(empty.document)))))
  })

  test('fill in what a file leaves out, key by key; a list replaces a list', () => {
    const rules = readRules('limits: { unauthenticated: 7 }\nabuse: []\n')
    expect(rules.limits).toMatchObject({ unauthenticated: 7, connectionsPerAddress: 200 })
    expect(rules.abuse).toEqual([])
    expect(rules.capture).toHaveLength(3)
  })
})

describe('a hash', () => {
  test('stays the same over comments and order, and changes with a value', () => {
    const one = readRules('limits: { unauthenticated: 7, publishPerSecond: 9 }\n').hash
    expect(readRules('# mine\nlimits:\n  publishPerSecond: 9\n  unauthenticated: 7\n').hash).toBe(one)
    expect(readRules('limits: { unauthenticated: 8, publishPerSecond: 9 }').hash).not.toBe(one)
  })
})

describe('a problem', () => {
  test.each([
    ['limits:\n  connectTimout: 10s\n', '2:3 limits.connectTimout: is unknown; did you mean connectTimeout?'],
    ['capure: []\n', '1:1 capure: is unknown; did you mean capture?'],
    ['wholly: 1\n', '1:1 wholly: is unknown; known are capture, abuse, limits, anchoring, storage, geo'],
    ['limits: { connectTimeout: 10 }', '1:27 limits.connectTimeout: 10 is no duration: write 10s, 15m, 1h or 30d'],
    ['limits: { connectTimeout: 1h }', '1:27 limits.connectTimeout: "1h" is out of bounds: from 1s to 5m'],
    [
      'limits: { maxPacketBytes: 1 GB }',
      '1:27 limits.maxPacketBytes: "1 GB" is no size: write 1MiB, 64KiB or a number of bytes',
    ],
    [
      'limits: { maxPacketBytes: 1GiB }',
      '1:27 limits.maxPacketBytes: "1GiB" is out of bounds: from 1KiB to 256MiB, the most that MQTT allows',
    ],
    ['limits: { unauthenticated: -1 }', '1:28 limits.unauthenticated: -1 is no whole number from 1 to 1000000'],
    ['limits: { unauthenticated: .inf }', '1:28 limits.unauthenticated: null is no whole number from 1 to 1000000'],
    [
      'anchoring: { spendPerHour: 0.01 }',
      '1:28 anchoring.spendPerHour: 0.01 is no amount: write 0.01 ETH, 5 gwei or 100 wei',
    ],
    ['anchoring: { every: 2d, heartbeat: 1h }', '1:21 anchoring.every: "2d" is out of bounds: from 100ms to 1d'],
    ['anchoring: { every: 2h, heartbeat: 1h }', '1:21 anchoring.every: is longer than heartbeat'],
    [
      'storage: { retention: 10d }',
      '1:10 storage.minimum: is longer than retention: evidence would have to go before it may',
    ],
    [
      'geo: { overrides: { 10.0.0.1/8: DE } }',
      '1:33 geo.overrides.10.0.0.1/8: "10.0.0.1/8" is no network: write 192.0.2.0/24 or 2001:db8::/32 (no bits beyond the /)',
    ],
    ['geo: { overrides: { 10.0.0.0/8: de } }', '1:33 geo.overrides.10.0.0.0/8: "de" is no country: write DE'],
    [
      'capture:\n  - { when: { topic: "home/#/x" }, window: 1m }\n',
      '2:22 capture[0].when.topic: "home/#/x" is no topic filter: # ends it and + is a whole level, as in home/+/temp or "home/#"',
    ],
    [
      'capture:\n  - when: { action: publsh }\n    window: 1m\n',
      '2:21 capture[0].when.action: "publsh" is none of connect, authenticate, subscribe, publish, deliver, will, cut',
    ],
    ['capture: [{}]', '1:11 capture[0]: chooses nothing: give it a window (such as 15m, or 0) or record: sealed'],
    ['capture: publish', '1:10 capture: should be a list'],
    [
      'capture: []',
      '1:10 capture: attempts that proved no identity need a window of 10s or more, or strangers spend your ETH: put { when: { proved: false }, window: 1m } before it',
    ],
    [
      'capture: [{ when: { action: subscribe }, window: 1m }, { window: 1m }]',
      '1:50 capture[0].window: subscribe is always a record of its own: window: 0',
    ],
    [
      'abuse: [{ moreThan: 5, of: failed-authentication, by: wallet, within: 1m, ban: 1h }]',
      '1:55 abuse[0].by: a failed login only claims a wallet: counting by it would let strangers ban its owner; use address or [address, clientId]',
    ],
    [
      'abuse: [{ moreThan: 5, of: denied, by: clientId, within: 1m, ban: 1h }]',
      '1:40 abuse[0].by: a client id alone is anybody’s: use [address, clientId] or [wallet, clientId]',
    ],
    [
      'abuse: [{ moreThan: 5, of: denied, by: wallet, within: 1m, ban: 31d }]',
      '1:65 abuse[0].ban: "31d" is out of bounds: from 1s to 30d',
    ],
    [
      'abuse: [{ moreThan: 5, by: wallet, within: 1m, ban: 1d }]',
      '1:9 abuse[0].of: nothing is none of failed-authentication, denied, malformed',
    ],
    ['limits:\n  unauthenticated: 1\n  unauthenticated: 2\n', '3:3 : is no YAML: Map keys must be unique'],
    ['- a\n- b\n', '1:1 : holds no settings: begin with capture:, abuse: or limits:'],
  ])('in %j has its place and its remedy', (text, expected) => {
    expect(said(text)).toEqual([expected])
  })

  test('never hides another: all are named at once, in their order', () => {
    const text =
      'limits: { conectTimeout: 1s, unauthenticated: x }\nabuse: [{ of: nothing }]\nanchoring: { every: 1 }\n'
    expect(problemsIn(text).map(({ line, key }) => `${line} ${key}`)).toEqual([
      '1 limits.conectTimeout',
      '1 limits.unauthenticated',
      '2 abuse[0].moreThan',
      '2 abuse[0].by',
      '2 abuse[0].within',
      '2 abuse[0].ban',
      '2 abuse[0].of',
      '3 anchoring.every',
    ])
  })

  test('says file, line and column as editors read them', () => {
    expect(() => readRules('limits: 1', { file: '/x/flytrap.yaml' })).toThrow(
      /^ {2}\/x\/flytrap.yaml:1:9: limits: should be/m,
    )
  })

  test('ends neither in a bomb of aliases, nor in a file without end, nor in bytes that are no YAML', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${`*${'abcdefghi'[i]},`.repeat(9)}]`),
    ]
    expect(said(bomb.join('\n'))[0]).toMatch(/is no YAML that we read: Excessive alias count/)
    expect(said('#'.repeat(2 ** 20 + 1))[0]).toMatch(/longer than 1 MiB/)
    expect(said('{[')[0]).toMatch(/is no YAML/)
  })
})

test('an alias of what it stands in is refused with its place', () => {
  const text = 'limits:\n  connections: &a [*a]\n'
  expect(() => readRules(text)).toThrow('flytrap.yaml:2:20: is an alias of what it stands in')
})

test('whatever the text is, it gives rules or problems with their places', () => {
  const { taken, refused } = fuzzRules({ seed: Date.now() % 1_000_000_007, files: 20 })
  expect(taken + refused).toBe(20)
})
