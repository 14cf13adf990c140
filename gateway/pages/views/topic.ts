/** @module The page of one topic: who may use it, and who did, when and why. */

import { ZERO_BYTES32 } from '../../../domain/bytes.ts'
import { visible } from '../../../reports/texts/visible.ts'
import { PageError } from '../ask.ts'
import { type Html, html } from '../html.ts'
import { Facts, Filter, Hex, Time } from '../parts.ts'
import { AsOfForm, AsOfLine, asOfVariable, type BlockRow, linkTo } from './as-of.ts'
import { AUDITOR_FIELDS, type AuditorRow, AuditorsTable } from './auditors-table.ts'
import { RECORD_FIELDS, type RecordPage, RecordsTable } from './records-table.ts'
import { RIGHT_FIELDS, type RightRow, RightsTable } from './rights-table.ts'
import type { Given, View } from './view.ts'

const SEALED_SHOWN = 10

const QUESTION = `query Topic($filter: String!, $where: AccessWhere!, $sealed: AccessWhere!, $after: String, $asOf: AsOf) {
  topic(filter: $filter, asOf: $asOf) { id filter owner { address } registeredAt registeredBy { address }
    auditors(first: 100) { nodes { ${AUDITOR_FIELDS} } } }
  auditors(topicId: "${ZERO_BYTES32}", first: 100, asOf: $asOf) { nodes { ${AUDITOR_FIELDS} } }
  accessRights(topic: $filter, asOf: $asOf) { ${RIGHT_FIELDS} }
  accessRecords(where: $where, first: 25, after: $after, asOf: $asOf) {
    nodes { ${RECORD_FIELDS} } pageInfo { hasNextPage endCursor } asOf { number time } }
  sealed: accessRecords(where: $sealed, first: ${SEALED_SHOWN}, asOf: $asOf) {
    nodes { ${RECORD_FIELDS} } pageInfo { hasNextPage endCursor } } }`

interface Answer {
  topic: {
    id: string
    filter: string
    owner: { address: string } | null
    registeredAt: string
    registeredBy: { address: string }
    auditors: { nodes: AuditorRow[] }
  } | null
  auditors: { nodes: AuditorRow[] }
  accessRights: RightRow[]
  accessRecords: RecordPage & { asOf: BlockRow }
  sealed: RecordPage
}

export const topicPage: View = async (ask, given) => {
  const { filter } = given
  if (filter === undefined) throw new PageError('NOT_FOUND', 'Say which topic: choose one in the list of topics.')
  const where = {
    topic: filter,
    ...periodOf(given),
    ...(given.outcome === undefined ? {} : { outcome: given.outcome }),
  }
  // Its batch's time is all that the chain tells of a sealed one: it may have been any time before.
  const sealed = { ...where, sealed: true, to: undefined }
  const variables = { filter, where, sealed, after: given.after ?? null, asOf: asOfVariable(given) }
  const { topic, auditors, accessRights, accessRecords, sealed: closed } = await ask<Answer>(QUESTION, variables)
  return {
    title: `Topic ${visible(filter)}`,
    ...(topic === null ? {} : { lead: html`Registered as <${Filter} value=${filter} />.` }),
    body: html`<section class="card"><h2>What it is</h2>
        ${
          topic === null
            ? html`<p>Not registered itself: who may use it follows from the registered topics that reach it.</p>`
            : html`<${Facts} of=${[
                [
                  'Owner',
                  topic.owner === null
                    ? 'the owner of the topic above'
                    : html`<${Hex} value=${topic.owner.address} href=${linkTo('/wallet', { address: topic.owner.address })} />`,
                ],
                ['Registered', html`<${Time} at=${topic.registeredAt} />`],
                ['Topic id', html`<${Hex} value=${topic.id} />`],
              ]} />`
        }
        <${AsOfForm} path="/topic" given=${given} /></section>
      <section class="card"><h2>Who may use it</h2>
        <${RightsTable} rights=${accessRights} empty="Nobody: no registered topic reaches it. All access to it is refused." /></section>
      <section class="card"><h2>Who may read its evidence</h2>
        <p class="help">Beside its owner, and each record’s subject.</p>
        <${AuditorsTable} auditors=${[...(topic?.auditors.nodes ?? []), ...auditors.nodes]} /></section>
      <section class="card"><h2>Who did, when and why</h2>
        <${RecordFilterForm} path="/topic" given=${given} keep=${['filter', 'asOf']} />
        <p><a href=${linkTo('/reports', { topic: filter, from: given.from, to: given.to })}>Ask for this as a signed report</a></p>
        <${RecordsTable} page=${accessRecords} path="/topic" given=${given} empty="No access is recorded that could be about it. Is anything missing? The overview tells." />
        <${AsOfLine} block=${accessRecords.asOf} /></section>
      ${closed.nodes.length > 0 && html`<${Sealed} page=${closed} />`}`,
  }
}

/** The newest of them: which are about this topic only their evidence tells. */
function Sealed({ page }: { page: RecordPage }): Html {
  const more = page.pageInfo.hasNextPage ? `The newest ${SEALED_SHOWN} of them. ` : ''
  return html`<section class="card"><h2>Sealed records, which may be about it too</h2>
    <p>The chain tells that they happened and whether they were allowed, not whom or what they were about; their time is that of their batch. Each one’s page opens its evidence to who may see it.</p>
    <${RecordsTable} page=${{ ...page, pageInfo: { hasNextPage: false, endCursor: null } }} path="/topic" given=${{}} caption="Sealed records, newest first" empty="" />
    ${more !== '' && html`<p class="help">${more}GraphQL answers all: <code>accessRecords(where: { sealed: true })</code>.</p>`}</section>`
}

/** Days are whole, UTC. */
export function periodOf({ from, to }: Given): { from?: string; to?: string } {
  const isDay = (text: string | undefined): boolean => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text)
  return {
    ...(from === undefined ? {} : { from: isDay(from) ? `${from}T00:00:00Z` : from }),
    ...(to === undefined ? {} : { to: isDay(to) ? `${to}T23:59:59Z` : to }),
  }
}

interface RecordFilterProps {
  path: string
  given: Given
  keep: readonly string[]
}

export function RecordFilterForm({ path, given, keep }: RecordFilterProps): Html {
  return html`<form class="inline" method="get" action=${path}>
    ${keep.map((name) => given[name] !== undefined && html`<input key=${name} type="hidden" name=${name} value=${given[name]} />`)}
    <label for="from">From</label><input id="from" name="from" type="date" value=${given.from} />
    <label for="to">to</label><input id="to" name="to" type="date" value=${given.to} />
    <label for="outcome">Outcome</label>
    <select id="outcome" name="outcome">
      <option value="">all</option>
      <option value="ALLOWED" selected=${given.outcome === 'ALLOWED'}>allowed</option>
      <option value="DENIED" selected=${given.outcome === 'DENIED'}>refused</option>
    </select>
    <button type="submit">Show</button>
  </form>`
}
