/** @module What the use of a topic costs, and from which countries it may be used. */
import { useState } from 'preact/hooks'
import { MAX_PERIOD, parseWei, showPeriod } from '../../../domain/amounts.ts'
import type { CurrentTerms } from '../../../domain/contract-calls.ts'
import { COUNTRIES } from '../../../domain/country.ts'
import { CountryRule, Right } from '../../../domain/enums.ts'
import { describeTerms } from '../../../domain/terms.ts'
import { isWildcard } from '../../../domain/topic-filter.ts'
import { type Html, html } from '../html.ts'
import { Facts } from '../parts.ts'
import { Field, Form, Tick, textOf } from './fields.ts'
import type { TopicSection } from './rights-sections.ts'
import { termsPlan } from './topic-plans.ts'
import { Trouble } from './trouble.ts'

const DAY = 86_400

export function PricesSection({ session, topic, terms, review }: TopicSection): Html {
  const { filter } = topic
  const [publish, subscribe] = describeTerms(terms)
  const sell = (data: FormData): void => review(() => termsPlan(session, filter, (current) => pricesOf(data, current)))
  const isSellable = !isWildcard(filter) || (filter.endsWith('/#') && !filter.includes('+'))
  return html`<section class="card"><h2>Rights for sale</h2>
    <${Facts} of=${[publish, subscribe]} />
    ${
      isSellable
        ? html`<${Form} submit="Look at it first" onData=${sell}>
            ${offer('publish', Right.PUBLISH, terms, terms.publishPrice)}
            ${offer('subscribe', Right.SUBSCRIBE, terms, terms.subscribePrice)}
            <${Field} label="A purchase buys so many days (0: for ever)" name="days" value=${terms.offers === 0 ? '30' : String(terms.period / DAY)}
              help=${`Now: ${terms.offers === 0 ? 'nothing is for sale' : showPeriod(terms.period)}. A running right is renewed only at the price and period it was bought at.`} />
          <//>`
        : html`<p>Rights on a filter with + cannot be sold: give them instead.</p>`
    }</section>`
}

const offer = (word: 'publish' | 'subscribe', right: Right, terms: CurrentTerms, price: bigint): Html =>
  html`<fieldset><legend>The right to ${word}</legend>
    <${Tick} name=${`sell-${word}`} checked=${(terms.offers & right) !== 0} label="is for sale" />
    <${Field} label="Price in ETH (0: free)" name=${`${word}-price`} value=${inEth(price)} />
  </fieldset>`

const inEth = (wei: bigint): string =>
  `${wei / 10n ** 18n}.${(wei % 10n ** 18n).toString().padStart(18, '0')}`.replace(/\.?0+$/, '')

function pricesOf(data: FormData, current: CurrentTerms): CurrentTerms {
  const price = (word: string): bigint => {
    if (!data.has(`sell-${word}`)) return 0n
    const wei = parseWei(textOf(data, `${word}-price`))
    if (wei === undefined) throw new Trouble(`The price to ${word} is an amount of ETH, such as 0.01, or 0 for free.`)
    return wei
  }
  const offers = (data.has('sell-publish') ? Right.PUBLISH : 0) | (data.has('sell-subscribe') ? Right.SUBSCRIBE : 0)
  const period = Math.round(Number(textOf(data, 'days')) * DAY)
  if (!(period >= 0 && period <= MAX_PERIOD)) throw new Trouble('Say how many days a purchase buys: 30, or 0 for ever.')
  return {
    ...current,
    offers,
    publishPrice: price('publish'),
    subscribePrice: price('subscribe'),
    period: offers === 0 ? 0 : period,
  }
}

const names = new Intl.DisplayNames(['en'], { type: 'region' })
const nameOf = (code: string): string => names.of(code) ?? code

export function CountriesSection({ session, topic, terms, review }: TopicSection): Html {
  const [wanted, setWanted] = useState('')
  const isNamed = (bit: number): boolean => ((terms.countries >> BigInt(bit)) & 1n) === 1n
  const set = (data: FormData): void =>
    review(() => termsPlan(session, topic.filter, (current) => countriesOf(data, current)))
  return html`<section class="card"><h2>Countries</h2>
    <${Facts} of=${[describeTerms(terms)[2]]} />
    <${Form} submit="Look at it first" onData=${set}>
      <fieldset><legend>From where may it be used?</legend>
        <${Tick} type="radio" name="rule" value=${CountryRule.ANYWHERE} checked=${terms.countryRule === CountryRule.ANYWHERE} label="From anywhere" />
        <${Tick} type="radio" name="rule" value=${CountryRule.ONLY} checked=${terms.countryRule === CountryRule.ONLY} label="Only from the countries ticked below" />
        <${Tick} type="radio" name="rule" value=${CountryRule.ALL_BUT} checked=${terms.countryRule === CountryRule.ALL_BUT} label="From all but the countries ticked below" />
      </fieldset>
      <div class="field"><label for="find-country">Find a country</label>
        <input id="find-country" type="search" autocomplete="off" value=${wanted} onInput=${(event: Event) => setWanted((event.target as HTMLInputElement).value)} /></div>
      <fieldset class="countries" tabindex="0"><legend>Countries</legend>
        ${COUNTRIES.map(
          (code, bit) => html`<div key=${code} hidden=${!matches(code, wanted)}>
            <${Tick} name="country" value=${bit} checked=${isNamed(bit)} label=${`${nameOf(code)} (${code})`} /></div>`,
        )}
      </fieldset>
      <p class="help">Where a connection comes from is told from its address. One whose country cannot be told satisfies no rule.</p>
    <//></section>`
}

const matches = (code: string, wanted: string): boolean =>
  `${nameOf(code)} ${code}`.toLowerCase().includes(wanted.trim().toLowerCase())

function countriesOf(data: FormData, current: CurrentTerms): CurrentTerms {
  const rule = Number(data.get('rule'))
  if (rule === CountryRule.ANYWHERE) return { ...current, countryRule: CountryRule.ANYWHERE, countries: 0n }
  const countries = data.getAll('country').reduce((bits, bit) => bits | (1n << BigInt(String(bit))), 0n)
  if (countries === 0n) throw new Trouble('Tick at least one country, or choose “from anywhere”.')
  return { ...current, countryRule: rule === CountryRule.ONLY ? CountryRule.ONLY : CountryRule.ALL_BUT, countries }
}
