/** @module How durations, sizes, amounts, networks and countries are written in flytrap.yaml. Pure. */
import { COUNTRIES } from '../../domain/country.ts'
import { parseTopicFilter, type TopicFilter } from '../../domain/topic-filter.ts'
import { type Cidr, parseCidr } from '../geo/cidr.ts'

/** What is wrong with a value, with what to write instead. */
export class Unreadable {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES = { B: 1, kB: 1_000, MB: 1_000_000, KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 }
const WEI_PER_GWEI = 10n ** 9n

export const quoted = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

/** Returns milliseconds. */
export function parseDuration(value: unknown): number | Unreadable {
  if (value === 0) return 0
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (number === undefined) return new Unreadable(`${quoted(value)} is no duration: write 10s, 15m, 1h or 30d`)
  return Math.round(Number(number) * MS[unit as keyof typeof MS])
}

/** Returns bytes. */
export function parseSize(value: unknown): number | Unreadable {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(B|kB|MB|KiB|MiB|GiB)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (number === undefined) return new Unreadable(`${quoted(value)} is no size: write 1MiB, 64KiB or a number of bytes`)
  return Math.floor(Number(number) * BYTES[unit as keyof typeof BYTES])
}

/** Returns wei. */
export function parseAmount(value: unknown): bigint | Unreadable {
  const [, whole, part = '', unit] =
    /^(\d+)(?:\.(\d+))? ?(ETH|gwei|wei)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (whole === undefined) return new Unreadable(`${quoted(value)} is no amount: write 0.01 ETH, 5 gwei or 100 wei`)
  const decimals = unit === 'ETH' ? 18 : unit === 'gwei' ? 9 : 0
  if (part.length > decimals) return new Unreadable(`${quoted(value)} has more than ${decimals} decimals`)
  const one = unit === 'ETH' ? WEI_PER_GWEI * WEI_PER_GWEI : unit === 'gwei' ? WEI_PER_GWEI : 1n
  return BigInt(whole) * one + BigInt(part.padEnd(decimals, '0') || '0')
}

export function parseCountry(value: unknown): string | Unreadable {
  if (typeof value === 'string' && COUNTRIES.includes(value)) return value
  const upper = typeof value === 'string' ? value.toUpperCase() : ''
  const hint = COUNTRIES.includes(upper) ? `write ${upper}` : 'write an ISO 3166 code of two letters, such as DE'
  return new Unreadable(`${quoted(value)} is no country: ${hint}`)
}

export function parseNetwork(value: unknown): Cidr | Unreadable {
  const cidr = typeof value === 'string' ? parseCidr(value) : undefined
  if (cidr === undefined)
    return new Unreadable(`${quoted(value)} is no network: write 192.0.2.0/24 or 2001:db8::/32 (no bits beyond the /)`)
  return cidr
}

export function parseFilter(value: unknown): TopicFilter | Unreadable {
  const filter = typeof value === 'string' ? parseTopicFilter(value) : undefined
  if (filter === undefined)
    return new Unreadable(
      `${quoted(value)} is no topic filter: # ends it and + is a whole level, as in home/+/temp or "home/#"`,
    )
  return filter
}

/** Returns the known word nearest to `word`, if one is near enough to have been meant. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
  }))
  const best = ranked.sort((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(change, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return previous[b.length]!
}
