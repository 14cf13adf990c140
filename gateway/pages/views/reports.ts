/** @module The reports page: ask for one, find yours, which were anchored on chain, and how to check one. */
import { inWords } from '../../../reports/texts/words.ts'
import { type Ask, PageError } from '../ask.ts'
import { type Html, html } from '../html.ts'
import { Hex, Table, Time } from '../parts.ts'
import { AsOfForm, AsOfLine, asOfVariable, type BlockRow, linkTo } from './as-of.ts'
import { REPORT_FIELDS, type ReportRow } from './report-row.ts'
import { OwnReports, RequestForm, Trouble } from './report-sections.ts'
import type { Given, View } from './view.ts'

const QUESTION = `query Reports($after: String, $asOf: AsOf) {
  viewer { wallet { address } }
  reports(first: 50, after: $after, asOf: $asOf) {
    nodes { id kind issuer { address } issuedAt transaction block } pageInfo { hasNextPage endCursor } asOf { number time } } }`
const OWN = `query Own($own: String) { requestedReports(after: $own) {
  nodes { ${REPORT_FIELDS} } pageInfo { hasNextPage endCursor } } }`

interface Answer {
  viewer: { wallet: { address: string } } | null
  reports: {
    nodes: {
      id: string
      kind: string
      issuer: { address: string }
      issuedAt: string
      transaction: string
      block: string
    }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
    asOf: BlockRow
  }
}

interface OwnAnswer {
  requestedReports: { nodes: ReportRow[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

export const reportsPage: View = (ask, given) => reportsPageWith(ask, given)

/** The same, telling why what was asked for by the form was refused. */
export async function reportsPageWith(ask: Ask, given: Given, refusal?: PageError) {
  const variables = { after: given.after ?? null, asOf: asOfVariable(given) }
  const { viewer, reports } = await ask<Answer>(QUESTION, variables)
  const account = viewer?.wallet.address
  // Who is not signed in is told by the form's place.
  const trouble =
    refusal === undefined || account === undefined
      ? null
      : html`<${Trouble} ...${{ message: refusal.message, code: refusal.code }} />`
  return {
    title: 'Reports',
    lead: 'A signed PDF answers one question for people who trust nobody: anyone can check it, offline too.',
    body: html`<${RequestForm} given=${given} account=${account} trouble=${trouble} />
      ${account !== undefined && (await ownReports(ask, given))}
      <${Anchored} reports=${reports} given=${given} />
      <section class="card"><h2>Check one</h2>
        <p>Anybody checks it, without us: <code>npx flytrap verify FILE.pdf --block-hash 0x…</code>, with the block’s hash from any explorer.</p></section>`,
  }
}

/** While they cannot be looked up, the rest of the page stands. */
async function ownReports(ask: Ask, { own }: Given): Promise<Html> {
  try {
    const { requestedReports } = await ask<OwnAnswer>(OWN, { own: own ?? null })
    return html`<${OwnReports} page=${requestedReports} />`
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    return html`<section class="card"><h2>Yours</h2><${Trouble} ...${{ message: error.message, code: error.code }} /></section>`
  }
}

function Anchored({ reports, given }: { reports: Answer['reports']; given: Given }): Html {
  const rows = reports.nodes.map(({ id, kind, issuer, issuedAt, transaction, block }) => [
    inWords(kind),
    html`<${Time} at=${issuedAt} />`,
    html`<${Hex} value=${id} />`,
    html`<${Hex} value=${issuer.address} />`,
    html`${block}, <${Hex} value=${transaction} />`,
  ])
  return html`<section class="card"><h2>Anchored on chain</h2>
    <${AsOfForm} path="/reports" given=${given} />
    <${Table} caption="Anchored reports" head=${['About', 'Anchored', 'SHA-256 of the file', 'By recorder', 'Block and transaction']} rows=${rows} empty="None yet." />
    ${reports.pageInfo.hasNextPage && html`<p><a href=${linkTo('/reports', { ...given, after: reports.pageInfo.endCursor ?? undefined })}>Older reports</a></p>`}
    <${AsOfLine} block=${reports.asOf} /></section>`
}
