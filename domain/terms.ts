/** @module A topic's terms as people read them. Pure. */
import { showEth, showPeriod } from './amounts.ts'
import type { CurrentTerms } from './contract-calls.ts'
import { formatCountryTerms } from './country.ts'
import { CountryRule, Right } from './enums.ts'

export const NO_TERMS: CurrentTerms = {
  offers: 0,
  publishPrice: 0n,
  subscribePrice: 0n,
  period: 0,
  countryRule: CountryRule.ANYWHERE,
  countries: 0n,
  isSealed: false,
}

/** Returns the terms as lines of a preview or of `topic show`. */
export function describeTerms(terms: CurrentTerms): [string, string][] {
  const offer = (right: Right, price: bigint): string => {
    if ((terms.offers & right) === 0) return 'not for sale'
    return price === 0n && terms.period === 0
      ? 'free, for ever'
      : `${showEth(price)}${terms.period === 0 ? ', once, for ever' : ` for ${showPeriod(terms.period)}`}`
  }
  return [
    ['to publish', offer(Right.PUBLISH, terms.publishPrice)],
    ['to subscribe', offer(Right.SUBSCRIBE, terms.subscribePrice)],
    ['countries', formatCountryTerms(terms)],
    ['records', terms.isSealed ? 'sealed: the chain says only that there are some' : 'public'],
  ]
}

/** Returns only the lines that differ, as `before → after`. */
export function describeChange(before: CurrentTerms, after: CurrentTerms): [string, string][] {
  const old = new Map(describeTerms(before))
  return describeTerms(after).map(([label, text]) => {
    const was = old.get(label) ?? ''
    return [label, was === text ? `${text} (stays)` : `${was} → ${text}`]
  })
}
