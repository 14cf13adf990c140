/**
 * @module Where a connection comes from: the operator's overrides first, then the database; private and malformed
 * addresses are unknown, and unknown satisfies no rule (DESIGN section 6). Never on chain.
 */
import { type Cidr, formatIp, type Ip, isInside, parseCidr, parseIp, unmapped } from './cidr.ts'
import type { CountryDatabase } from './database.ts'

/** Goes into the evidence as it is. */
export interface Place {
  country?: string
  /** ISO date of the database that gave `country`; absent where an override of the rules did. */
  geoDate?: string
}

/** They say nothing of where somebody is, whatever a database claims. */
const PRIVATE = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['224.0.0.0/3', '::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
].flatMap((text) => parseCidr(text) ?? [])

export class Countries {
  #database: CountryDatabase
  #overrides: { network: Cidr; country: string }[] = []

  constructor(database: CountryDatabase) {
    this.#database = database
  }

  get database(): CountryDatabase {
    return this.#database
  }

  setDatabase(database: CountryDatabase): void {
    this.#database = database
  }

  /** The narrowest network that holds an address counts. */
  setOverrides(overrides: Readonly<Record<string, unknown>>): void {
    const known = Object.entries(overrides).flatMap(([text, country]) => {
      const network = parseCidr(text)
      return network === undefined ? [] : [{ network, country: String(country) }]
    })
    this.#overrides = known.sort((a, b) => b.network.prefix - a.network.prefix)
  }

  locate(address: string): Place {
    const parsed = parseIp(address)
    if (parsed === undefined) return {}
    const ip = unmapped(parsed)
    const override = this.#overrides.find(({ network }) => isInside(ip, network))
    if (override !== undefined) return { country: override.country }
    return PRIVATE.some((network) => isInside(ip, network)) ? {} : this.#lookUp(ip)
  }

  #lookUp(ip: Ip): Place {
    const country = this.#database.country(formatIp(ip))
    return country === undefined ? {} : { country, geoDate: this.#database.date }
  }
}
