/** @module When, drawn: one lane an account, a bar a row, over the period of the question. */
import { clock, day } from '../texts/format.ts'
import { DONE_LEGEND } from '../texts/words.ts'
import type { Report, ReportRow } from '../verify/format/report.ts'
import type { Labels } from './labels.ts'
import type { Sheet } from './sheet.ts'
import { COLOR, colored, PAGE, STYLE } from './style.ts'

const LANE = 17
const LABEL_WIDTH = 96
const MAX_LANES = 8
/** An access of a second stays visible in a year. */
const MIN_BAR = 2

export function drawTimeline(sheet: Sheet, report: Report, labels: Labels): void {
  const lanes = report.accounts.slice(0, MAX_LANES)
  if (lanes.length === 0) return
  const height = lanes.length * LANE + 30
  sheet.ensure(height + 20)
  const top = sheet.y
  const alt = `Timeline of ${report.rows.length} rows of ${report.accounts.length} accounts. The table of rows says the same.`
  const axis = axisOf(report)
  sheet.tagged(
    'Figure',
    () => {
      drawAxis(sheet, axis, top + lanes.length * LANE)
      lanes.forEach(({ account }, i) => {
        const y = top + i * LANE
        sheet.put(labels.long(account), { x: PAGE.margin, y: y + 4, style: STYLE.small })
        for (const row of report.rows) if (row.account === account) drawBar(sheet, axis, row, y)
      })
      drawLegend(sheet, top + lanes.length * LANE + 18, report.accounts.length - lanes.length)
    },
    height + 10,
    { alt },
  )
}

interface Axis {
  from: number
  to: number
  left: number
  right: number
}

function axisOf({ question }: Report): Axis {
  const { from, to } = question
  return { from, to: Math.max(to, from + 1), left: PAGE.margin + LABEL_WIDTH, right: PAGE.width - PAGE.margin }
}

function placeOf(axis: Axis, seconds: number): number {
  const clamped = Math.min(axis.to, Math.max(axis.from, seconds))
  return axis.left + ((clamped - axis.from) / (axis.to - axis.from)) * (axis.right - axis.left)
}

function drawBar(sheet: Sheet, axis: Axis, row: ReportRow, y: number): void {
  const [start, end] = [placeOf(axis, row.firstAt), placeOf(axis, row.lastAt)]
  const width = Math.max(MIN_BAR, end - start)
  sheet.pdf.rect(Math.min(start, axis.right - width), y + 3, width, LANE - 7).fill(colorOf(row))
}

function drawAxis(sheet: Sheet, axis: Axis, y: number): void {
  const { pdf } = sheet
  const isOneDay = day(axis.from) === day(axis.to)
  pdf.moveTo(axis.left, y).lineTo(axis.right, y).lineWidth(0.8).strokeColor(COLOR.muted).stroke()
  for (let i = 0; i <= 4; i++) {
    const seconds = Math.round(axis.from + ((axis.to - axis.from) * i) / 4)
    const x = placeOf(axis, seconds)
    pdf
      .moveTo(x, y)
      .lineTo(x, y + 3)
      .lineWidth(0.8)
      .strokeColor(COLOR.muted)
      .stroke()
    const text = isOneDay ? clock(seconds) : day(seconds)
    const width = sheet.width(text, STYLE.small)
    sheet.put(text, {
      x: Math.min(axis.right - width, Math.max(axis.left, x - width / 2)),
      y: y + 5,
      style: STYLE.small,
    })
  }
}

function drawLegend(sheet: Sheet, y: number, hidden: number): void {
  let x: number = PAGE.margin + LABEL_WIDTH
  for (const [color, text] of LEGEND) {
    sheet.pdf.rect(x, y + 2, 7, 6).fill(color)
    sheet.put(text, { x: x + 11, y, style: STYLE.small })
    x += 24 + sheet.width(text, STYLE.small)
  }
  if (hidden > 0) sheet.put(`${hidden} more accounts are not drawn`, { x, y, style: colored(STYLE.small, COLOR.muted) })
}

const LEGEND = [
  [COLOR.allowed, DONE_LEGEND.allowed],
  [COLOR.denied, DONE_LEGEND.denied],
  [COLOR.possible, DONE_LEGEND.possible],
] as const

function colorOf({ relation, outcome }: ReportRow): string {
  if (relation === 'possible') return COLOR.possible
  return outcome === 'ALLOWED' ? COLOR.allowed : COLOR.denied
}
