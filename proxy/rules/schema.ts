/** @module What flytrap.yaml may say (DESIGN section 7), with each value's bounds. */
import { z } from 'zod'
import { Action } from '../../domain/enums.ts'
import {
  parseAmount,
  parseCountry,
  parseDuration,
  parseFilter,
  parseNetwork,
  parseSize,
  quoted,
  Unreadable,
} from './values.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** DESIGN section 7: a ban forgets. */
export const MAX_BAN_MS = 30 * DAY
/** Attempts that proved nothing share windows at least this long: strangers must not spend the operator's ETH. */
export const MIN_UNPROVED_WINDOW_MS = 10 * SECOND

function read<T>(parse: (value: unknown) => T | Unreadable) {
  return z.unknown().transform((value, context): T => {
    const found = parse(value)
    if (!(found instanceof Unreadable)) return found
    context.addIssue({ code: 'custom', message: found.why })
    return z.NEVER
  })
}

function within<T extends number | bigint>(
  parse: (value: unknown) => T | Unreadable,
  [least, most, words]: [T, T, string],
) {
  return read((value) => {
    const found = parse(value)
    if (found instanceof Unreadable || (found >= least && found <= most)) return found
    return new Unreadable(`${quoted(value)} is out of bounds: ${words}`)
  })
}

const duration = (least: number, most: number, words: string) => within(parseDuration, [least, most, words])
const size = (least: number, most: number, words: string) => within(parseSize, [least, most, words])
const count = (least: number, most: number) =>
  read((value) => {
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
    return isCount ? value : new Unreadable(`${quoted(value)} is no whole number from ${least} to ${most}`)
  })

function word<T extends string>(known: readonly T[]) {
  return read((value) => {
    if (known.includes(value as T)) return value as T
    return new Unreadable(`${quoted(value)} is none of ${known.join(', ')}`)
  })
}

/** One word, or a list of them. */
function words<T extends string>(known: readonly T[]) {
  return read((value): T[] | Unreadable => {
    const given = Array.isArray(value) ? value : [value]
    const unknown = given.filter((item) => !known.includes(item))
    if (given.length === 0) return new Unreadable(`an empty list: name some of ${known.join(', ')}`)
    return unknown.length === 0
      ? given
      : new Unreadable(`${unknown.map(quoted).join(', ')} is none of ${known.join(', ')}`)
  })
}

/** The actions whose windows and sealing rules choose. */
export const CAPTURED = {
  connect: Action.CONNECT,
  authenticate: Action.AUTHENTICATE,
  subscribe: Action.SUBSCRIBE,
  publish: Action.PUBLISH,
  deliver: Action.DELIVER,
  will: Action.WILL,
  cut: Action.CUT,
} as const
export type CapturedName = keyof typeof CAPTURED

const When = z.strictObject({
  topic: read(parseFilter).optional(),
  action: words(Object.keys(CAPTURED) as CapturedName[]).optional(),
  outcome: word(['allowed', 'denied']).optional(),
  proved: z.boolean('true or false').optional(),
})

const CaptureRule = z
  .strictObject({
    when: When.optional(),
    window: duration(0, DAY, 'a window lasts at most 1d; 0 is a record of its own').optional(),
    record: word(['public', 'sealed']).optional(),
  })
  .refine(({ window, record }) => window !== undefined || record !== undefined, {
    error: 'chooses nothing: give it a window (such as 15m, or 0) or record: sealed',
  })

export const COUNTED = ['failed-authentication', 'denied', 'malformed'] as const
export const COUNTED_BY = ['address', 'clientId', 'wallet'] as const

const AbuseRule = z
  .strictObject({
    moreThan: count(1, 100_000),
    of: word(COUNTED),
    consecutive: z.boolean('true or false').optional(),
    by: words(COUNTED_BY),
    within: duration(SECOND, DAY, 'from 1s to 1d'),
    ban: duration(SECOND, MAX_BAN_MS, 'from 1s to 30d'),
  })
  .superRefine(({ of, by }, context) => {
    const flaw = flawOfKey(of, by)
    if (flaw !== undefined) context.addIssue({ code: 'custom', path: ['by'], message: flaw })
  })

/** Whom a ban may hit: never somebody whose name others can use. */
function flawOfKey(of: (typeof COUNTED)[number], by: readonly string[]): string | undefined {
  if (!Array.isArray(by)) return undefined // named already
  if (of === 'failed-authentication' && by.includes('wallet'))
    return 'a failed login only claims a wallet: counting by it would let strangers ban its owner; use address or [address, clientId]'
  if (by.includes('address') && by.includes('wallet')) return 'address or wallet, not both'
  if (by.length === 1 && by[0] === 'clientId')
    return 'a client id alone is anybody’s: use [address, clientId] or [wallet, clientId]'
  return undefined
}

export const LIMITS = {
  viewEntriesPerName: count(1_000, 100_000_000),
  connections: count(1, 1_000_000),
  connectionsPerAddress: count(1, 1_000_000),
  connectTimeout: duration(SECOND, 5 * MINUTE, 'from 1s to 5m'),
  maxPacketBytes: size(1 << 10, 0x1000_0004, 'from 1KiB to 256MiB, the most that MQTT allows'),
  publishPerSecond: count(1, 10_000_000),
  packetsPerSecond: count(1, 10_000_000),
  unauthenticated: count(1, 1_000_000),
  unauthenticatedPerAddress: count(1, 1_000_000),
  loginsPerAddress: count(1, 1_000_000),
  newcomersPerMinute: count(1, 1_000_000),
  newcomersPerAddress: count(1, 1_000_000),
  recordsPerConnection: count(1, 1_000_000),
}

export const ANCHORING = {
  every: duration(100, DAY, 'from 100ms to 1d'),
  batch: count(1, 1_500),
  heartbeat: duration(10 * SECOND, 7 * DAY, 'from 10s to 7d'),
  maxUnanchored: duration(MINUTE, 30 * DAY, 'from 1m to 30d'),
  spendPerHour: within(parseAmount, [1n, 10n ** 24n, 'more than nothing']),
  confirmations: count(1, 64),
}

export const STORAGE = {
  minFree: size(0, 2 ** 50, 'at most 1024 TiB'),
  retention: duration(DAY, 36_500 * DAY, 'from 1d to 36500d'),
  minimum: duration(0, 36_500 * DAY, 'at most 36500d'),
}

const Overrides = z.record(z.string(), z.unknown()).superRefine((overrides, context) => {
  for (const [network, country] of Object.entries(overrides)) {
    for (const flaw of [parseNetwork(network), parseCountry(country)])
      if (flaw instanceof Unreadable) context.addIssue({ code: 'custom', path: [network], message: flaw.why })
  }
})
export const GEO = { overrides: Overrides }

/** A section that is left out, or a key of one, has its default. */
export const GivenRules = z.strictObject({
  capture: z.array(CaptureRule).optional(),
  abuse: z.array(AbuseRule).optional(),
  limits: z.strictObject(LIMITS).partial().optional(),
  anchoring: z.strictObject(ANCHORING).partial().optional(),
  storage: z.strictObject(STORAGE).partial().optional(),
  geo: z.strictObject(GEO).partial().optional(),
})

export const CompleteRules = z
  .object({
    capture: z.array(CaptureRule),
    abuse: z.array(AbuseRule),
    limits: z.object(LIMITS),
    anchoring: z.object(ANCHORING),
    storage: z.object(STORAGE),
    geo: z.object(GEO),
  })
  .superRefine(({ storage, anchoring }, context) => {
    const say = (path: string[], message: string): void => void context.addIssue({ code: 'custom', path, message })
    if (storage.minimum > storage.retention)
      say(['storage', 'minimum'], 'is longer than retention: evidence would have to go before it may')
    if (anchoring.every > anchoring.heartbeat) say(['anchoring', 'every'], 'is longer than heartbeat')
  })

type Output = z.output<typeof CompleteRules>
export type CaptureRuleOf = Output['capture'][number]
export type AbuseRuleOf = Output['abuse'][number]
export type RuleLimits = Output['limits']
export type Anchoring = Output['anchoring']
export type Storage = Output['storage']
export type RuleValues = Output
