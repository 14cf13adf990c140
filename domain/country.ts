/**
 * @module Countries as a topic's terms name them: one bit of a uint256 for each row of a table that is only ever appended
 * to, since numbers once set on chain keep their meaning. Pure.
 */
import { CountryRule } from './enums.ts'

/** ISO 3166-1 alpha-2, as assigned in 2026, then XK, which GeoIP databases use for Kosovo. The index is the bit. */
export const COUNTRIES: readonly string[] = `
  AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
  CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
  GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
  KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
  NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
  SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
  VN VU WF WS YE YT ZA ZM ZW XK`
  .trim()
  .split(/\s+/)

export interface CountryTerms {
  countryRule: CountryRule
  /** One bit a country, see {@link COUNTRIES}. */
  countries: bigint
}

/** `unknown`: where the connection comes from could not be told, which satisfies no rule. */
export type CountryVerdict = 'permitted' | 'not-permitted' | 'unknown'

/** Judges one topic's rule for the country of a connection: alpha-2 in upper case, or undefined when unknown. */
export function judgeCountry({ countryRule, countries }: CountryTerms, country: string | undefined): CountryVerdict {
  if (countryRule === CountryRule.ANYWHERE) return 'permitted'
  const bit = country === undefined ? -1 : COUNTRIES.indexOf(country)
  if (bit === -1) return 'unknown'
  const isNamed = ((countries >> BigInt(bit)) & 1n) === 1n
  return isNamed === (countryRule === CountryRule.ONLY) ? 'permitted' : 'not-permitted'
}

/** Reads `anywhere`, `only:DE,FR` or `except:US`. Returns what is wrong with it as text. */
export function parseCountryTerms(text: string): CountryTerms | string {
  if (text === 'anywhere') return { countryRule: CountryRule.ANYWHERE, countries: 0n }
  const [, kind, list] = /^(only|except):(.+)$/i.exec(text) ?? []
  if (list === undefined) return `"${text}" is no country rule: write anywhere, only:DE,FR or except:US`
  let countries = 0n
  for (const code of list.split(',')) {
    const bit = COUNTRIES.indexOf(code.trim().toUpperCase())
    if (bit === -1) return `"${code}" is no country: write ISO 3166 codes of two letters, such as DE`
    countries |= 1n << BigInt(bit)
  }
  return { countryRule: kind?.toLowerCase() === 'only' ? CountryRule.ONLY : CountryRule.ALL_BUT, countries }
}

/** Returns the terms in the form that {@link parseCountryTerms} reads; bits of a later table as `bit 250`. */
export function formatCountryTerms({ countryRule, countries }: CountryTerms): string {
  if (countryRule === CountryRule.ANYWHERE) return 'anywhere'
  return `${countryRule === CountryRule.ONLY ? 'only' : 'except'}:${countriesIn(countries).join(',')}`
}

/** Returns the codes of a set; bits of a later table as `bit 250`. */
export const countriesIn = (countries: bigint): string[] =>
  Array.from({ length: 256 }, (_, bit) => bit)
    .filter((bit) => ((countries >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => COUNTRIES[bit] ?? `bit ${bit}`)
