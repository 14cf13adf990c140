/** @module A topic's terms as options change them, the rest kept. Pure. */

import type { CurrentTerms } from '../../domain/contract-calls.ts'
import { formatCountryTerms, parseCountryTerms } from '../../domain/country.ts'
import { Right } from '../../domain/enums.ts'
import { usage } from '../errors.ts'
import { parseEth, parsePeriod } from '../terminal/amounts.ts'

export interface TermsOptions {
  /** ETH, or `none`: no longer for sale. */
  publishPrice?: string
  subscribePrice?: string
  period?: string
  countries?: string
  /** False: records are public again. */
  sealed?: boolean
}

const USUAL_PERIOD = '30d'

export const changesTerms = ({ publishPrice, subscribePrice, period, countries, sealed }: TermsOptions): boolean =>
  [publishPrice, subscribePrice, period, countries, sealed].some((option) => option !== undefined)

/** Returns the terms with what the options say; all else stays. Throws WRONG_USAGE. */
export function applyTerms(current: CurrentTerms, options: TermsOptions): CurrentTerms {
  const publish = offerOf(current, Right.PUBLISH, options.publishPrice)
  const subscribe = offerOf(current, Right.SUBSCRIBE, options.subscribePrice)
  const offers = publish.bit | subscribe.bit
  if (options.period !== undefined && offers === 0)
    throw usage('--period is what a purchase buys: say a price too, --publish-price or --subscribe-price.')
  const isFirstOffer = current.offers === 0 && offers !== 0
  const period = options.period ?? (isFirstOffer ? USUAL_PERIOD : undefined)
  return {
    offers,
    publishPrice: publish.price,
    subscribePrice: subscribe.price,
    period: offers === 0 ? 0 : period === undefined ? current.period : parsePeriod(period),
    ...countriesOf(current, options.countries),
    isSealed: options.sealed ?? current.isSealed,
  }
}

function offerOf(current: CurrentTerms, right: Right, price: string | undefined): { bit: number; price: bigint } {
  const [option, standing] =
    right === Right.PUBLISH
      ? ['--publish-price', current.publishPrice]
      : (['--subscribe-price', current.subscribePrice] as const)
  if (price === 'none') return { bit: 0, price: 0n }
  if (price !== undefined) return { bit: right, price: parseEth(price, option as string) }
  return { bit: current.offers & right, price: standing as bigint }
}

function countriesOf({ countryRule, countries }: CurrentTerms, text: string | undefined) {
  if (text === undefined) return { countryRule, countries }
  const parsed = parseCountryTerms(text)
  if (typeof parsed === 'string') throw usage(`${parsed}.`)
  return parsed
}

/** For programs. */
export const termsResult = (terms: CurrentTerms): object => ({
  offers: { publish: (terms.offers & Right.PUBLISH) !== 0, subscribe: (terms.offers & Right.SUBSCRIBE) !== 0 },
  publishPriceWei: terms.publishPrice,
  subscribePriceWei: terms.subscribePrice,
  periodSeconds: terms.period,
  countries: formatCountryTerms(terms),
  sealed: terms.isSealed,
})
