/** @module The reader's own part of the reports page: the form, and what was asked for. */
import { type Html, html } from '../html.ts'
import { Filter, Hex, Notice, Table, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'
import { type ReportResult, type ReportRow, State } from './report-row.ts'
import type { Given } from './view.ts'

/** Works without a script: the browser sends it, the server answers with the report's page. */
export function RequestForm({
  given,
  account,
  trouble,
}: {
  given: Given
  account: string | undefined
  trouble: Html | null
}): Html {
  return html`<section class="card"><h2>Ask for one</h2>
    <p>Who accessed a topic, when and why, as a signed PDF. It holds all that is on chain. Evidence is opened in it as far as you may see it, as an auditor, the topic’s owner or the one it is about; that you saw it is recorded on chain. The rest is withheld, and counted.</p>
    ${trouble}
    ${account === undefined ? html`<p><a href=${linkTo('/sign-in', { back: linkTo('/reports', question(given)) })}>Sign in to ask for one</a>. What is on chain you read without: <a href="/topics">open the topic</a>.</p>` : html`<${Fields} given=${given} account=${account} />`}</section>`
}

const question = ({ topic, from, to }: Given): Record<string, string | undefined> => ({ topic, from, to })

const Fields = ({ given, account }: { given: Given; account: string }): Html =>
  html`<form method="post" action="/reports">
    <div class="field"><label for="topic">Topic name or filter</label>
      <input id="topic" name="topic" required placeholder="home/kitchen/temperature" value=${given.topic} autocomplete="off" spellcheck=${false} /></div>
    <div class="inline"><label for="from">From</label><input id="from" name="from" type="date" value=${given.from} />
      <label for="to">to the end of</label><input id="to" name="to" type="date" value=${given.to} aria-describedby="to-help" /></div>
    <p class="help" id="to-help">Days are whole, UTC. Left empty it begins with the contract, and ends where nothing can be missing any more.</p>
    <div class="buttons"><button class="primary" type="submit">Make the report</button></div>
    <p class="help">For <${Hex} value=${account} />, one at a time.</p></form>`

interface OwnProps {
  page: { nodes: readonly ReportRow[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

export function OwnReports({ page: { nodes, pageInfo } }: OwnProps): Html {
  const rows = nodes.map((report) => [
    html`<${Filter} value=${report.topic} href=${linkTo('/report', { id: report.id })} />`,
    html`<${State} of=${report} />`,
    html`<${Time} at=${report.requestedAt} />`,
    report.result === null ? (report.failure?.message ?? '') : summary(report.result, report.anchoring),
  ])
  return html`<section class="card"><h2>Yours</h2>
    <${Table} caption="Reports that you asked for" head=${['About', 'State', 'Asked for', 'What came of it']} rows=${rows} empty="None yet." />
    ${pageInfo.hasNextPage && html`<p><a href=${linkTo('/reports', { own: pageInfo.endCursor ?? undefined })}>Older ones of yours</a></p>`}</section>`
}

const summary = ({ rows, complete, withheld }: ReportResult, anchoring: ReportRow['anchoring']): string =>
  [
    `${rows} ${rows === 1 ? 'row' : 'rows'}`,
    complete ? 'nothing missing' : 'not complete',
    ...(withheld > 0 ? [`${withheld} withheld`] : []),
    ...(anchoring?.state === 'ANCHORED' ? [`anchored in block ${anchoring.block}`] : []),
  ].join(', ')

export const Trouble = ({ message, code }: { message: string; code: string }): Html =>
  html`<${Notice} kind="error">${message}<//><p class="help">Code: <code>${code}</code></p>`
