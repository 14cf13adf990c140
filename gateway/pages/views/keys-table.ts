/** @module Device keys as rows: which, since when, until when. */
import { type Html, html } from '../html.ts'
import { Hex, Table, Time } from '../parts.ts'

export const KEY_FIELDS = 'device authorizedAt until isEnded'

export interface KeyPage {
  nodes: { device: string; authorizedAt: string; until: string | null; isEnded: boolean }[]
  pageInfo: { hasNextPage: boolean }
}

export function KeysTable({ page: { nodes, pageInfo } }: { page: KeyPage }): Html {
  const rows = nodes.map(({ device, authorizedAt, until, isEnded }) => [
    html`<${Hex} value=${device} />`,
    html`<${Time} at=${authorizedAt} />`,
    isEnded ? html`<span class="badge bad">ended</span>` : html`<${Time} at=${until} />`,
  ])
  const head = ['Device key', 'First authorized', 'Until']
  return html`<${Table} caption="Device keys, last changed first" head=${head} rows=${rows} empty="Its own key alone." />
    ${pageInfo.hasNextPage && html`<p class="help">The last 100 that changed.</p>`}`
}
