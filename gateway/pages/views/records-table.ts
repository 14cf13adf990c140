/** @module Access records as rows: who, what, when, why, and the way to each one's proof. */
import { done, lawfulBasis, reason, refused } from '../../../reports/texts/words.ts'
import { type Html, html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'
import type { Given } from './view.ts'

export const RECORD_FIELDS = `id who { address } what { filter } match sealed action outcome denialReason
  when { first last count countIsLowerBound } why { id right lawfulBasis grantor { address } endedAt }`

export interface RecordRow {
  id: string
  who: { address: string } | null
  what: { filter: string } | null
  match: 'CERTAIN' | 'POSSIBLE' | null
  sealed: boolean
  action: string
  outcome: string
  denialReason: string | null
  when: { first: string; last: string; count: number; countIsLowerBound: boolean }
  why: { id: string; right: string; lawfulBasis: string; grantor: { address: string }; endedAt: string | null } | null
}

export interface RecordPage {
  nodes: RecordRow[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

interface RecordsTableProps {
  page: RecordPage
  path: string
  given: Given
  empty: string
  caption?: string
  /** Left out on the page of that wallet. */
  withWho?: boolean
}

const CAPTION = 'Access records, newest first'

export function RecordsTable({ page, path, given, empty, withWho = true, caption = CAPTION }: RecordsTableProps): Html {
  const { nodes, pageInfo } = page
  const head = ['When', ...(withWho ? ['Who'] : []), 'What', 'Topic', 'Why', 'Proof']
  const rows = nodes.map((record) => [
    html`<${When} ...${record.when} />`,
    ...(withWho ? [who(record)] : []),
    html`<${What} record=${record} />`,
    topic(record),
    html`<${Why} record=${record} />`,
    html`<a href=${linkTo('/record', { id: record.id })}>Record ${sequenceOf(record.id)}</a>`,
  ])
  return html`<${Table} caption=${caption} head=${head} rows=${rows} empty=${empty} />
    ${nodes.some(({ match }) => match === 'POSSIBLE') && html`<p class="help">“Possibly” means: the chain alone cannot tell the concrete topic. Evidence and signed reports can.</p>`}
    ${pageInfo.hasNextPage && html`<p><a href=${linkTo(path, { ...given, after: pageInfo.endCursor ?? undefined })}>Older records</a></p>`}`
}

/** The recorder's number and the sequence, as people say them. */
export function sequenceOf(id: string): string {
  const [, recorder = '0', sequence = '0'] = /^0x([0-9a-f]{8})([0-9a-f]{16})$/.exec(id) ?? []
  return `${BigInt(`0x${recorder}`)}.${BigInt(`0x${sequence}`)}`
}

const who = ({ who: account, sealed }: RecordRow): Html | string =>
  account === null
    ? sealed
      ? 'sealed'
      : 'no proven identity'
    : html`<${Hex} value=${account.address} href=${linkTo('/wallet', { address: account.address })} />`

const topic = ({ what, match }: RecordRow): Html =>
  html`${match === 'POSSIBLE' && html`<span class="badge">possibly</span> `}${
    what === null ? '—' : html`<${Filter} value=${what.filter} href=${linkTo('/topic', { filter: what.filter })} />`
  }`

export function When({ first, last, count, countIsLowerBound }: RecordRow['when']): Html {
  const times = `${countIsLowerBound ? 'at least ' : ''}${count} times`
  return html`<${Time} at=${first} />${(count !== 1 || countIsLowerBound) && html`<br />${times}${last !== first && html`, until <${Time} at=${last} />`}`}`
}

export function What({ record }: { record: Pick<RecordRow, 'action' | 'outcome' | 'denialReason' | 'sealed'> }): Html {
  const { outcome, denialReason } = record
  const kind = { ALLOWED: 'good', DENIED: 'bad' }[outcome] ?? 'warn'
  return html`<span class=${`badge ${kind}`}>${whatWords(record)}</span>${denialReason !== null && outcome === 'DENIED' && html` ${reason(denialReason)}`}`
}

function whatWords({ action, outcome, sealed }: Pick<RecordRow, 'action' | 'outcome' | 'sealed'>): string {
  if (outcome === 'UNKNOWN') return 'A number of a broken recorder'
  if (sealed) return outcome === 'ALLOWED' ? 'Sealed: allowed' : 'Sealed: refused'
  return outcome === 'ALLOWED' ? done(action) : refused(action)
}

export function Why({ record }: { record: Pick<RecordRow, 'why' | 'outcome' | 'what'> }): Html | string {
  const { why, outcome, what } = record
  if (why === null) return outcome === 'ALLOWED' && what !== null ? 'as the topic’s owner' : '—'
  return html`${lawfulBasis(why.lawfulBasis)}; right ${why.id} from <${Hex} value=${why.grantor.address} href=${linkTo('/wallet', { address: why.grantor.address })} />${why.endedAt !== null && html`, ended <${Time} at=${why.endedAt} />`}`
}
