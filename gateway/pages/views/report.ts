/** @module The page of one report that was asked for: how far it is, its file, and how to check it. */
import { visible } from '../../../reports/texts/visible.ts'
import { PageError } from '../ask.ts'
import { type Content, type Html, html } from '../html.ts'
import { Facts, Filter, Hex, Notice, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'
import { isUnderWay, progressOf, REPORT_FIELDS, type ReportResult, type ReportRow, State } from './report-row.ts'
import type { View } from './view.ts'

const QUESTION = `query Report($id: ID!) { report(id: $id) { ${REPORT_FIELDS} } }`

export const reportPage: View = async (ask, { id = '', refused }) => {
  const { viewer } = await ask<{ viewer: object | null }>('{ viewer { wallet { address } } }')
  if (viewer === null) return signInFirst(id)
  const { report } = await ask<{ report: ReportRow | null }>(QUESTION, { id })
  if (report === null)
    throw new PageError('NOT_FOUND', 'You asked for no such report. Your reports are listed under “Reports”.')
  return {
    title: `Who accessed ${visible(report.topic)}?`,
    lead: html`A report that you asked for at <${Time} at=${report.requestedAt} />.`,
    body: html`<${Refused} code=${refused} /><section class="card">
        <div id="progress" aria-live="polite" data-refresh=${isUnderWay(report) ? 'yes' : undefined}><${Progress} report=${report} /></div></section>
      <p><a href="/reports">All reports</a></p>`,
  }
}

/** Why the file was not given, as the way to it told. */
function Refused({ code }: { code: string | undefined }): Html | null {
  if (code === undefined || !/^[A-Z_]{1,40}$/.test(code)) return null
  const words =
    code === 'NOT_ENTITLED'
      ? 'It carries evidence that you may not see any more: your role on one of its topics has ended. Ask for a new one, which withholds it.'
      : 'Its file could not be given now. Try again soon.'
  return html`<${Notice} kind="error">${words}<//><p class="help">Code: <code>${code}</code></p>`
}

const signInFirst = (id: string) => ({
  title: 'A report',
  body: html`<section class="card"><p>A report is for whoever asked for it. <a href=${linkTo('/sign-in', { back: linkTo('/report', { id }) })}>Sign in to see it</a></p></section>`,
})

function Progress({ report }: { report: ReportRow }): Html {
  const { status, result, failure } = report
  if (isUnderWay(report)) return html`<h2>How far it is</h2><${UnderWay} report=${report} />`
  if (status === 'FAILED')
    return html`<h2>It was not made</h2><${Notice} kind="error">${failure?.message}<//><p class="help">Code: <code>${failure?.code}</code></p>
      <p><a href=${askAgain(report)}>Ask again</a></p>`
  if (result === null)
    return html`<h2>It is gone</h2><${Notice} kind="warn">Its file was erased with evidence that it carried.<//><p><a href=${askAgain(report)}>Ask for a new one</a></p>`
  return html`<h2>It is made</h2><${Done} result=${result} report=${report} />`
}

function UnderWay({ report }: { report: ReportRow }): Html {
  const { text, done, of } = progressOf(report)
  return html`<p><${State} of=${report} /> ${text}</p>
    <progress aria-label="How far the report is" value=${done} max=${of}></progress>
    <p class="help">You may leave this page: the report is kept for you. <a href=${linkTo('/report', { id: report.id })}>Look again</a></p>`
}

/** The form is filled with the same question. */
const askAgain = ({ topic, from, to }: ReportRow): string => {
  const day = (time: string | null): string | undefined => time?.slice(0, 10)
  return linkTo('/reports', { topic, from: day(from), to: day(to) })
}

function Done({ result, report: { topic, anchoring } }: { result: ReportResult; report: ReportRow }): Html {
  const { url, size, sha256, from, to, block, complete, rows, notNarrowed } = result
  const of: (readonly [string, Content])[] = [
    ['Topic', html`<${Filter} value=${topic} href=${linkTo('/topic', { filter: topic })} />`],
    ['Period', html`<${Time} at=${from} /> to <${Time} at=${to} />`],
    ['Is anything missing?', complete ? 'No: every recorder has proven it' : html`<${Missing} />`],
    ['Rows', notNarrowed === 0 ? String(rows) : `${rows}, of which ${notNarrowed} may be about another topic`],
    ['Evidence', evidenceWords(result)],
    ['As of block', html`${block.number}, <${Hex} value=${block.hash} />`],
    ['SHA-256 of the file', html`<${Hex} value=${sha256} />`],
    ['Anchored on chain', html`<${Anchored} of=${anchoring} />`],
  ]
  return html`<form class="inline" method="get" action=${url}><button class="primary" type="submit">Download the PDF (${sizeWords(size)})</button></form>
    ${result.open > 0 && html`<p class="help">It carries evidence. That you fetch it is recorded on chain, each time; no erasure reaches what you keep.</p>`}
    <${Facts} of=${of} />
    <p>Check it without us: <code>npx flytrap verify FILE.pdf --block-hash ${block.hash}</code></p>`
}

function Anchored({ of }: { of: ReportRow['anchoring'] }): Content {
  if (of?.state !== 'ANCHORED') return html`<span class="badge">signed only</span> ${of?.reason}`
  return html`In block ${of.block}, <${Time} at=${of.at} />, transaction <${Hex} value=${of.transaction} />`
}

const Missing = (): Html =>
  html`<span class="badge warn">not complete</span> A recorder has not proven all of the period yet: the report says which.`

function evidenceWords({ open, withheld, erased, notAvailable }: ReportResult): string {
  const parts = [
    `open to you: of ${open} ${open === 1 ? 'record' : 'records'}`,
    ...(withheld > 0 ? [`withheld: of ${withheld}`] : []),
    ...(erased > 0 ? [`erased: of ${erased}`] : []),
    ...(notAvailable > 0 ? [`not to be had: of ${notAvailable}`] : []),
  ]
  return parts.join('; ')
}

const sizeWords = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
