/** @module Amounts of ETH, of gas and of time, as people read them. Exact, unless it says "about". Pure. */

/** The contract's word for ever: the largest uint40. */
export const FOREVER = 2 ** 40 - 1
/** What the contract's uint96 holds. */
export const MAX_WEI = (1n << 96n) - 1n
export const MAX_PERIOD = 2 ** 32 - 1

const WEI = 10n ** 18n

/** Returns wei of `0.01` or `0.01 ETH`, never rounded; undefined for what is no amount, or more than a price can be. */
export function parseWei(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,18}))?\s*(?:eth)?$/i.exec(text.trim()) ?? []
  if (whole === undefined) return undefined
  const wei = BigInt(whole) * WEI + BigInt(fraction.padEnd(18, '0'))
  return wei <= MAX_WEI ? wei : undefined
}

/** Returns the exact amount. */
export const showEth = (wei: bigint): string => (wei === 0n ? 'free' : `${decimal(wei)} ETH`)

/** Returns an amount that is only about right, with three digits that count. */
export function showAboutEth(wei: bigint): string {
  const digits = wei.toString().length
  const unit = 10n ** BigInt(Math.max(0, digits - 3))
  return `${decimal(((wei + unit / 2n) / unit) * unit)} ETH`
}

function decimal(wei: bigint): string {
  const fraction = (wei % WEI).toString().padStart(18, '0').replace(/0+$/, '')
  return fraction === '' ? `${wei / WEI}` : `${wei / WEI}.${fraction}`
}

export const showGas = (gas: bigint): string => gas.toString().replace(/\B(?=(\d{3})+$)/g, ',')

export const showGwei = (wei: bigint): string => `${Number((wei * 1_000n) / 10n ** 9n) / 1_000} gwei`

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

/** Returns `2026-11-24 09:30:00 UTC`; `for ever` for {@link FOREVER}. */
export const showTime = (seconds: number): string =>
  seconds === FOREVER ? 'for ever' : `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
