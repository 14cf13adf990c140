/** @module Amounts of ETH and of time, as people give them to the command. Exact: wei are never rounded on the way in. */
import { MAX_PERIOD, parseWei } from '../../domain/amounts.ts'
import { usage } from '../errors.ts'
import { parseDuration } from '../times.ts'

/** Returns wei of `0.01` or `0.01 ETH`. Throws WRONG_USAGE naming the option. */
export function parseEth(text: string, option: string): bigint {
  const wei = parseWei(text)
  if (wei !== undefined) return wei
  throw usage(`${option} is an amount of ETH, at most 18 decimals: 0.01, or 0 for free.`)
}

/** Returns seconds of `30d`, or 0 for `forever`. Throws WRONG_USAGE. */
export function parsePeriod(text: string): number {
  if (text === 'forever') return 0
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_PERIOD) return seconds
  throw usage(`--period is what a purchase buys: 30d, 12h, at most 136 years, or forever.`)
}

/** Returns basis points of `5%` or `2.5`. Throws WRONG_USAGE. */
export function parseShare(text: string): number {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,2})?)%?$/.exec(text.trim()) ?? []
  const points = percent === undefined ? Number.NaN : Math.round(Number(percent) * 100)
  if (points <= 1_000) return points
  throw usage('--share is the broker owner’s part of each price, at most 10%: 5%.')
}

export const showShare = (basisPoints: number): string => `${basisPoints / 100} %`
