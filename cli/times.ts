/** @module Times as people give them: 30d, a date, never. Pure. */
import { FOREVER } from '../domain/amounts.ts'
import { usage } from './errors.ts'

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** Unix seconds. */
export const now = (): number => Math.floor(Date.now() / 1_000)

/** Returns Unix seconds. Throws WRONG_USAGE. */
export function parseUntil(text: string, from = now()): number {
  if (text === 'never') return FOREVER
  return parseDuration(text) === undefined ? parseDate(text) : from + (parseDuration(text) ?? 0)
}

/** Returns seconds, or undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 0)
}

/** Returns Unix seconds of a date or an ISO 8601 time, UTC. Throws WRONG_USAGE. */
export function parseDate(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?$/.test(text)
  const ms = isDate ? Date.parse(text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text) : Number.NaN
  if (Number.isNaN(ms))
    throw usage(`${JSON.stringify(text)} is no time. Give 30d, 2027-01-31, 2027-01-31T12:00:00Z or never.`)
  return Math.floor(ms / 1_000)
}
