/** @module Times, numbers and addresses as the pages show them: UTC, and alike on every machine. Pure. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Returns `24 Nov 2026`. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1_000)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** Returns `10:29:20`. */
export const clock = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(-13, -5)

/** Returns `24 Nov 2026, 10:29:20`. */
export const time = (seconds: number): string => `${day(seconds)}, ${clock(seconds)}`

/** Returns `1,234`. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** Returns `0x7099…79c8`. */
export const short = (hex: string): string => `${hex.slice(0, 6)}…${hex.slice(-4)}`

/** Returns the parts as a list for people: `a, b and c`. */
export const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** Grants without an end carry the largest time there is. */
export const until = (seconds: number): string => (seconds >= 2 ** 40 - 1 ? 'for ever' : time(seconds))
