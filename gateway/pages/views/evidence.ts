/** @module The evidence of one record, as far as the reader may see it; and how to ask for it. */
import { visible } from '../../../reports/texts/visible.ts'
import { type Html, html } from '../html.ts'
import { Facts, Hex, Notice, Table, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'
import type { Given } from './view.ts'

export const EVIDENCE_FIELDS = `status reason text clientId address country names { name count }
  inclusion { leaf } erasure { id ground requestedAt recorder sequence }`

export interface EvidenceRow {
  status: string
  reason: string
  text: string | null
  clientId: string | null
  address: string | null
  country: string | null
  names: { name: string; count: number }[] | null
  inclusion: { leaf: string } | null
  erasure: { id: string; ground: string; requestedAt: string; recorder: string; sequence: string } | null
}

interface EvidenceProps {
  /** Absent: it was not asked for yet. */
  evidence: EvidenceRow | undefined
  given: Given
  /** Who is signed in. */
  viewer: string | undefined
}

export function Evidence({ evidence, given, viewer }: EvidenceProps): Html {
  return html`<section class="card"><h2>Evidence</h2>
    ${evidence === undefined ? html`<${NotAsked} given=${given} viewer=${viewer} />` : html`<${Asked} evidence=${evidence} />`}
    ${
      viewer === undefined &&
      html`<p><a href=${linkTo('/sign-in', { back: linkTo('/record', { ...given, evidence: 'show' }) })}>Sign in to see it</a>, if you are an auditor, the topic’s owner, or whom it is about.</p>`
    }</section>`
}

/** What leads on from a page that shows evidence does not ask for it again: each look is a record. */
export const withoutEvidence = ({ evidence: _, ...given }: Given): Given => given

/** A button, not a link: browsers fetch links ahead, and this one leaves a record. */
const NotAsked = ({ given, viewer }: { given: Given; viewer: string | undefined }): Html =>
  html`<p>You are signed in${viewer !== undefined && html` as <${Hex} value=${viewer} />`}. If you may see it, that you saw it is recorded on chain first.</p>
    <form class="inline" method="get" action="/record">
      ${Object.entries(withoutEvidence(given)).map(([name, value]) => html`<input key=${name} type="hidden" name=${name} value=${value} />`)}
      <input type="hidden" name="evidence" value="show" /><button class="primary" type="submit">Show the evidence</button></form>`

function Asked({ evidence }: { evidence: EvidenceRow }): Html {
  const { status, reason, erasure, inclusion } = evidence
  const kind = { OPEN: 'good', NOT_AVAILABLE: 'warn' }[status] ?? ''
  return html`<p><span class=${`badge ${kind}`}>${status.toLowerCase().replaceAll('_', ' ')}</span> ${reason}</p>
    ${
      erasure !== null &&
      html`<${Facts} of=${[
        ['Erased by order', html`<${Hex} value=${erasure.id} />, at the request of: ${erasure.ground}`],
        ['Ordered', html`<${Time} at=${erasure.requestedAt} />`],
        ['Recorded as', `${erasure.recorder}.${erasure.sequence}`],
      ]} />`
    }
    ${status === 'OPEN' && html`<${Open} evidence=${evidence} />`}
    ${inclusion !== null && html`<${Facts} of=${[['Leaf on chain', html`<${Hex} value=${inclusion.leaf} />`]]} />`}`
}

/** All of it came from devices: nothing of it steers the page. */
function Open({ evidence }: { evidence: EvidenceRow }): Html {
  const { text, clientId, address, country, names } = evidence
  const shown = (value: string | null): string => (value === null ? 'not recorded' : visible(value))
  const rows = (names ?? []).map(({ name, count }) => [html`<bdi class="filter">${visible(name)}</bdi>`, String(count)])
  return html`<${Notice} kind="info">That you saw this was recorded first.<//>
    <${Facts} of=${[
      ['Client id', html`<bdi>${shown(clientId)}</bdi>`],
      ['IP address', shown(address)],
      ['Country', shown(country)],
    ]} />
    <${Table} caption="Concrete topics" head=${['Topic', 'How often']} rows=${rows} empty="It names no concrete topic." />
    <details><summary>All of it, as it was hashed</summary><pre>${shown(text)}</pre></details>`
}
