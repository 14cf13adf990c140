/** @module Every row: when, who, what, why, and where its proof stands. */
import { clock, day, plural, time } from '../texts/format.ts'
import { visible } from '../texts/visible.ts'
import { done, reason, refused } from '../texts/words.ts'
import type { Report, ReportRow } from '../verify/format/report.ts'
import { drawHeading } from './front-page.ts'
import type { Labels } from './labels.ts'
import type { Sheet } from './sheet.ts'
import { COLOR, CONTENT_WIDTH, colored, STYLE } from './style.ts'
import { type Cell, drawTable } from './table.ts'

const COLUMNS = [
  { head: 'WHEN, UTC', width: 92 },
  { head: 'WHO', width: 104 },
  { head: 'WHAT', width: 134 },
  { head: 'WHY', width: 108 },
  { head: 'PROOF', width: CONTENT_WIDTH - 438 },
]
/** More names than fit a page stand in the bundle. */
const MAX_NAMES = 40

export function drawRows(sheet: Sheet, report: Report, labels: Labels): void {
  drawHeading(sheet, 'Every access, one by one', 140)
  if (report.rows.length === 0) {
    sheet.text('There is none: no record of the period concerns this topic.', STYLE.body)
    return
  }
  drawTable(
    sheet,
    COLUMNS,
    report.rows.map((row) => [when(row), who(row, labels), what(row), why(row, report), proof(row)]),
  )
}

function when({ firstAt, lastAt, count, countIsLowerBound }: ReportRow): Cell {
  const times = count === 1 ? 'once' : plural(count, 'time')
  const until = day(firstAt) === day(lastAt) ? clock(lastAt) : time(lastAt)
  return [
    { text: time(firstAt), style: STYLE.cell },
    ...(firstAt === lastAt ? [] : [{ text: `to ${until}`, style: STYLE.small }]),
    { text: countIsLowerBound ? `at least ${times}` : times, style: STYLE.small },
  ]
}

function who({ account, clientId, address }: ReportRow, labels: Labels): Cell {
  return [
    { text: labels.long(account), style: STYLE.cell },
    ...(clientId === null ? [] : [{ text: `client ${visible(clientId)}`, style: STYLE.small }]),
    ...(address === null ? [] : [{ text: `from ${visible(address)}`, style: STYLE.small }]),
  ]
}

function what({ action, outcome, names, filter, relation }: ReportRow): Cell {
  const allowed = outcome === 'ALLOWED'
  const style = colored(STYLE.cellStrong, allowed ? COLOR.allowed : COLOR.denied)
  return [
    { text: allowed ? done(action) : refused(action), style },
    ...(names ?? []).slice(0, MAX_NAMES).map(({ name, count }) => ({
      text: count > 1 ? `${visible(name)} × ${count}` : visible(name),
      style: STYLE.cellMono,
    })),
    ...(names !== null && names.length > MAX_NAMES
      ? [{ text: `and ${names.length - MAX_NAMES} more, in the bundle`, style: STYLE.small }]
      : []),
    ...(names === null
      ? [{ text: `under ${filter === null ? 'no registered topic' : visible(filter)}`, style: STYLE.small }]
      : []),
    ...(relation === 'possible' ? [{ text: 'cannot be narrowed', style: colored(STYLE.small, COLOR.caution) }] : []),
  ]
}

function why(row: ReportRow, report: Report): Cell {
  const { grantId, filter, denialReason, evidence } = row
  const grant = report.grants.find(({ id }) => id === grantId)
  const by =
    grant === undefined ? `Owner of ${visible(filter ?? '')}` : `Grant ${grant.id} on ${visible(grant.filter ?? '')}`
  const allowed = grantId !== null && grant === undefined ? `Grant ${grantId}` : by
  return [
    row.outcome === 'ALLOWED'
      ? { text: allowed, style: STYLE.cell }
      : { text: sentence(reason(denialReason ?? 'NONE')), style: STYLE.cell },
    ...(row.outcome === 'DENIED' && grantId !== null ? [{ text: `grant ${grantId}`, style: STYLE.small }] : []),
    ...(evidence === 'OPEN' ? [] : [{ text: EVIDENCE[evidence], style: colored(STYLE.small, COLOR.caution) }]),
  ]
}

function proof({ recorderId, seq, block, sealed }: ReportRow): Cell {
  return [
    { text: `R${recorderId} #${seq}`, style: STYLE.cell },
    ...(sealed ? [{ text: 'sealed on chain', style: STYLE.small }] : []),
    { text: `block ${block}`, style: STYLE.small },
  ]
}

const EVIDENCE = {
  ERASED: 'evidence erased',
  WITHHELD: 'evidence withheld',
  NOT_AVAILABLE: 'evidence not available',
  MALFORMED: 'evidence malformed',
} as const
const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
