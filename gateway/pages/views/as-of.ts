/** @module The date that a page is as of: a field that works without a script, and what it means to the API. */
import { type Html, html } from '../html.ts'
import { Time } from '../parts.ts'
import type { Given } from './view.ts'

/** The end of that day, UTC; now for today and what is to come. What is no date goes to the API, which says so. */
export function asOfVariable({ asOf }: Given, now = Date.now()): { time: string } | null {
  if (asOf === undefined) return null
  const end = Date.parse(`${asOf}T23:59:59Z`)
  if (Number.isNaN(end)) return { time: asOf }
  return end >= now ? null : { time: `${asOf}T23:59:59Z` }
}

/** What else was asked for is kept; a page that was turned to is not. */
export function AsOfForm({ path, given }: { path: string; given: Given }): Html {
  const kept = Object.entries(given).filter(([name]) => name !== 'asOf' && name !== 'after')
  return html`<form class="inline" method="get" action=${path}>
    ${kept.map(([name, value]) => html`<input key=${name} type="hidden" name=${name} value=${value} />`)}
    <label for="asOf">As it was at the end of</label>
    <input id="asOf" name="asOf" type="date" value=${given.asOf} />
    <button type="submit">Show</button>
    ${given.asOf !== undefined && html`<a href=${linkTo(path, Object.fromEntries(kept))}>Show it as it is now</a>`}
  </form>`
}

export interface BlockRow {
  number: string
  time: string
}

export const AsOfLine = ({ block }: { block: BlockRow }): Html =>
  html`<p class="help">As of block ${block.number}, made at <${Time} at=${block.time} />.</p>`

export function linkTo(path: string, given: Record<string, string | undefined>): string {
  const entries = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const query = new URLSearchParams(entries).toString()
  return query === '' ? path : `${path}?${query}`
}
