/** @module The first page: question, answer, verdict, who and when; what the answer was made from. */
import { answer, completeness, DEVELOPMENT_CHAIN, madeFor, period, total } from '../texts/en.ts'
import { clock, count, day, list, plural, time } from '../texts/format.ts'
import { visible } from '../texts/visible.ts'
import { counted } from '../texts/words.ts'
import type { AccountFacts, Report } from '../verify/format/report.ts'
import type { Labels } from './labels.ts'
import type { Sheet } from './sheet.ts'
import { COLOR, CONTENT_WIDTH, colored, leading, PAGE, STYLE, type Style } from './style.ts'
import { type Cell, drawTable } from './table.ts'
import { drawTimeline } from './timeline.ts'

export function drawFrontPage(sheet: Sheet, report: Report, labels: Labels): void {
  sheet.text(`Who accessed ${visible(report.question.topicFilter)}?`, STYLE.title, { tag: 'H1', gap: 4 })
  sheet.text(period(report), colored(STYLE.body, COLOR.muted), { gap: 12 })
  drawPanel(sheet, [{ text: answer(report), style: STYLE.lead }], { color: COLOR.panel })
  drawVerdict(sheet, report)
  if (report.accounts.length > 0) {
    drawHeading(sheet, 'When')
    drawTimeline(sheet, report, labels)
    drawHeading(sheet, 'Who')
    drawAccounts(sheet, report, labels)
  }
  drawHeading(sheet, 'What this report was made from', 155)
  drawFacts(sheet, report)
}

/** Begins a section; `room` points stay together with the heading. */
export function drawHeading(sheet: Sheet, text: string, room = 0): void {
  sheet.y += sheet.y === PAGE.top ? 0 : 14
  sheet.ensure(Math.max(70, room))
  sheet.text(text, STYLE.heading, { tag: 'H2', gap: 5 })
}

function drawVerdict(sheet: Sheet, report: Report): void {
  const { word, why } = completeness(report)
  const bar = report.complete ? COLOR.allowed : COLOR.denied
  const lines = [
    { text: word, style: colored(STYLE.strong, bar) },
    { text: why, style: STYLE.body },
  ]
  drawPanel(sheet, lines, { color: COLOR.panel, bar })
  if (!report.developmentChain) return
  const caution = [{ text: DEVELOPMENT_CHAIN, style: colored(STYLE.strong, COLOR.caution) }]
  drawPanel(sheet, caution, { color: COLOR.cautionPanel, bar: COLOR.caution })
}

interface Line {
  text: string
  style: Style
}

function drawPanel(sheet: Sheet, lines: readonly Line[], look: { color: string; bar?: string }): void {
  const padding = 9
  const width = CONTENT_WIDTH - 2 * padding - 4
  const height = lines.reduce((sum, { text, style }) => sum + sheet.wrap(text, style, width).length * leading(style), 0)
  sheet.ensure(height + 2 * padding)
  sheet.panel({ y: sheet.y, height: height + 2 * padding - 2, ...look })
  sheet.y += padding
  for (const { text, style } of lines) sheet.text(text, style, { x: PAGE.margin + padding + 4, width })
  sheet.y += padding + 5
}

function drawAccounts(sheet: Sheet, { accounts }: Report, labels: Labels): void {
  const columns = [
    { head: 'ACCOUNT', width: 196 },
    { head: 'ACCESSED', width: 122 },
    { head: 'REFUSED', width: 76 },
    { head: 'BETWEEN, UTC', width: CONTENT_WIDTH - 394 },
  ]
  drawTable(
    sheet,
    columns,
    accounts.map((facts) => accountCells(facts, labels)),
  )
}

function accountCells(facts: AccountFacts, labels: Labels): Cell[] {
  const { account, allowed, denied, perhapsAllowed, perhapsDenied, firstAt, lastAt } = facts
  const accesses = Object.entries(allowed).map(([action, value]) => plural(value, ...counted(action)))
  const grants = facts.grantIds.map((id) => `grant ${id}`)
  const under = [...(facts.owner ? ['as owner'] : []), ...(grants.length > 0 ? [`under ${list(grants)}`] : [])]
  return [
    account === null
      ? [{ text: 'Proved no identity', style: STYLE.cell }]
      : [
          { text: labels.of(account), style: STYLE.cellStrong },
          { text: account, style: STYLE.cellMono },
        ],
    [
      { text: accesses.length === 0 ? 'nothing' : list(accesses), style: STYLE.cell },
      ...(total(allowed) > 0 && under.length > 0 ? [{ text: list(under), style: STYLE.small }] : []),
      ...perhaps(perhapsAllowed),
    ],
    [
      denied > 0
        ? { text: plural(denied, 'time'), style: colored(STYLE.cell, COLOR.denied) }
        : { text: 'never', style: colored(STYLE.cell, COLOR.muted) },
      ...perhaps(perhapsDenied),
    ],
    between(firstAt, lastAt),
  ]
}

function between(from: number, to: number): Cell {
  const isOneDay = day(from) === day(to)
  const hours = from === to ? clock(from) : `${clock(from)} to ${clock(to)}`
  return [
    { text: isOneDay ? day(from) : time(from), style: STYLE.cell },
    { text: isOneDay ? hours : `to ${time(to)}`, style: STYLE.small },
  ]
}

const perhaps = (more: number): Cell => (more > 0 ? [{ text: `perhaps ${count(more)} more`, style: STYLE.small }] : [])

function drawFacts(sheet: Sheet, report: Report): void {
  const { deployment, block, counts, signer } = report
  const facts: [string, string][] = [
    ['Chain and contract', `${deployment.chainId} · ${deployment.contract}`],
    ['Blocks', `${deployment.deployBlock} to ${block.number}, of ${time(block.timestamp)} UTC`],
    ['Block hash', block.hash],
    ['Evidence digest', report.evidenceDigest],
    [
      'Records and rows',
      `${plural(counts.recordsInPeriod, 'record')} in the period, ${plural(counts.rows, 'row')} here`,
    ],
    ['Evidence', `${counts.erased} erased, ${counts.withheld} withheld, ${counts.notAvailable} not available`],
    ['Cannot be narrowed', plural(counts.notNarrowed, 'row')],
    ['Signed by', visible(signer.subject)],
    ['Certificate, SHA-256', signer.certificateHash],
    ['Made for', `${madeFor(report)}; template ${report.template}, language ${report.language}`],
  ]
  for (const [name, value] of facts) drawFact(sheet, name, value)
}

const NAME_WIDTH = 104

/** Name and value share a line: one paragraph. */
export function drawFact(sheet: Sheet, name: string, value: string): void {
  const style = /^0x[0-9a-f]{40,}$/.test(value) ? STYLE.mono : STYLE.cell
  const lines = sheet.wrap(value, style, CONTENT_WIDTH - NAME_WIDTH)
  sheet.ensure(lines.length * 12.5)
  const top = sheet.y
  sheet.tagged(
    'P',
    () => {
      sheet.put(name, { x: PAGE.margin, y: top, style: colored(STYLE.cell, COLOR.muted) })
      for (const [i, text] of lines.entries())
        sheet.put(text, { x: PAGE.margin + NAME_WIDTH, y: top + i * 12.5, style })
    },
    lines.length * 12.5,
  )
}
