/** @module A table whose rows are as high as their longest cell, and whose head stands again on each page. */
import type { Element, Sheet } from './sheet.ts'
import { COLOR, leading, PAGE, STYLE, type Style } from './style.ts'

export interface Column {
  head: string
  width: number
}

/** A cell's lines, each in its own style. */
export type Cell = readonly { text: string; style: Style }[]

const PADDING = 4
const GUTTER = 8

export function drawTable(sheet: Sheet, columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
  const table = sheet.element('Table')
  sheet.ensure(3 * leading(STYLE.cell) + 2 * PADDING)
  sheet.add(table)
  const head = columns.map(({ head }) => [{ text: head, style: STYLE.label }])
  drawRow(sheet, { table, columns, cells: wrapCells(sheet, columns, head), isHead: true })
  for (const row of rows) {
    const cells = wrapCells(sheet, columns, row)
    if (sheet.y + heightOf(cells) > PAGE.bottom) {
      sheet.newPage()
      repeatHead(sheet, columns)
    }
    drawRow(sheet, { table, columns, cells, isHead: false })
  }
  table.end()
}

interface Row {
  table: Element
  columns: readonly Column[]
  cells: readonly Cell[]
  isHead: boolean
}

function drawRow(sheet: Sheet, { table, columns, cells, isHead }: Row): void {
  const row = sheet.element('TR')
  table.add(row)
  let x: number = PAGE.margin
  columns.forEach(({ width }, i) => {
    const at = { x, y: sheet.y + PADDING }
    const options = isHead ? { scope: 'Column' } : {}
    row.add(sheet.element(isHead ? 'TH' : 'TD', () => drawCell(sheet, cells[i] ?? [], at), options))
    x += width
  })
  row.end()
  endRow(sheet, cells, isHead)
}

/** On later pages the head is decoration: whoever listens has heard it. */
function repeatHead(sheet: Sheet, columns: readonly Column[]): void {
  const cells = columns.map(({ head }) => [{ text: head, style: STYLE.label }])
  sheet.artifact(() => {
    let x: number = PAGE.margin
    columns.forEach(({ width }, i) => {
      drawCell(sheet, cells[i] ?? [], { x, y: sheet.y + PADDING })
      x += width
    })
  })
  endRow(sheet, cells, true)
}

function endRow(sheet: Sheet, cells: readonly Cell[], isHead: boolean): void {
  sheet.y += heightOf(cells)
  sheet.rule(sheet.y, isHead ? { color: COLOR.muted, width: 0.8 } : {})
}

function drawCell(sheet: Sheet, cell: Cell, { x, y }: { x: number; y: number }): void {
  let top = y
  for (const { text, style } of cell) {
    sheet.put(text, { x, y: top, style })
    top += leading(style)
  }
}

const wrapCells = (sheet: Sheet, columns: readonly Column[], cells: readonly Cell[]): Cell[] =>
  cells.map((cell, i) =>
    cell.flatMap(({ text, style }) =>
      sheet.wrap(text, style, (columns[i]?.width ?? 0) - GUTTER).map((line) => ({ text: line, style })),
    ),
  )

const heightOf = (cells: readonly Cell[]): number =>
  2 * PADDING + Math.max(...cells.map((cell) => cell.reduce((sum, { style }) => sum + leading(style), 0)))
