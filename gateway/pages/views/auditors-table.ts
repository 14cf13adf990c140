/** @module Auditors as rows: who may read evidence, of what, until when, by whose word. */
import { type Html, html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'

export const AUDITOR_FIELDS = 'account { address } topic { filter } until appointedBy { address } state'

export interface AuditorRow {
  account: { address: string }
  topic: { filter: string } | null
  until: string | null
  appointedBy: { address: string }
  state: 'APPOINTED' | 'LAPSED' | 'ENDED'
}

const ENDED = { LAPSED: 'lapsed: the topic changed hands', ENDED: 'ended' } as const

export function AuditorsTable({ auditors }: { auditors: readonly AuditorRow[] }): Html {
  const account = ({ address }: { address: string }): Html =>
    html`<${Hex} value=${address} href=${linkTo('/wallet', { address })} />`
  const rows = auditors.map(({ account: who, topic, until, appointedBy, state }) => [
    account(who),
    topic === null ? 'all topics' : html`<${Filter} value=${topic.filter} />`,
    state === 'APPOINTED' ? html`<${Time} at=${until} />` : html`<span class="badge">${ENDED[state]}</span>`,
    account(appointedBy),
  ])
  const empty = 'Its owner and each record’s subject: no auditor was ever appointed.'
  return html`<${Table} caption="Auditors, last changed first" head=${['Who', 'Of', 'Until', 'By']} rows=${rows} empty=${empty} />`
}
