/** @module Amounts of ETH, of gas and of time, as people give and read them. Exact: wei are never rounded on the way in. */
import { formatEther, parseEther } from 'ethers'
import { usage } from '../errors.ts'
import { parseDuration } from '../times.ts'

/** What the contract's uint96 holds. */
const MAX_WEI = (1n << 96n) - 1n
const MAX_PERIOD = 2 ** 32 - 1

/** Returns wei of `0.01` or `0.01 ETH`. Throws WRONG_USAGE naming the option. */
export function parseEth(text: string, option: string): bigint {
  const [, number] = /^(\d{1,12}(?:\.\d{1,18})?)\s*(?:eth)?$/i.exec(text.trim()) ?? []
  const wei = number === undefined ? undefined : parseEther(number)
  if (wei !== undefined && wei <= MAX_WEI) return wei
  throw usage(`${option} is an amount of ETH, at most 18 decimals: 0.01, or 0 for free.`)
}

/** Returns the exact amount. */
export const showEth = (wei: bigint): string => (wei === 0n ? 'free' : `${formatEther(wei).replace(/\.0$/, '')} ETH`)

/** Returns an amount that is only about right, with three digits that count. */
export function showAboutEth(wei: bigint): string {
  const digits = wei.toString().length
  const unit = 10n ** BigInt(Math.max(0, digits - 3))
  return `${formatEther(((wei + unit / 2n) / unit) * unit).replace(/\.0$/, '')} ETH`
}

export const showGas = (gas: bigint): string => gas.toString().replace(/\B(?=(\d{3})+$)/g, ',')

/** Returns seconds of `30d`, or 0 for `forever`. Throws WRONG_USAGE. */
export function parsePeriod(text: string): number {
  if (text === 'forever') return 0
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_PERIOD) return seconds
  throw usage(`--period is what a purchase buys: 30d, 12h, at most 136 years, or forever.`)
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** Returns the period in its largest whole unit: `30 days`; `for ever` for 0. */
export function showPeriod(seconds: number): string {
  if (seconds === 0) return 'for ever'
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? UNITS[3]
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** Returns basis points of `5%` or `2.5`. Throws WRONG_USAGE. */
export function parseShare(text: string): number {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,2})?)%?$/.exec(text.trim()) ?? []
  const points = percent === undefined ? Number.NaN : Math.round(Number(percent) * 100)
  if (points <= 1_000) return points
  throw usage('--share is the broker owner’s part of each price, at most 10%: 5%.')
}

export const showShare = (basisPoints: number): string => `${basisPoints / 100} %`
