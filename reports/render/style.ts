/** @module The look: one page size, one family, few colours. Points only here and in this folder. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const FONTS = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf')
const font = (name: string): string => join(FONTS, `${name}.ttf`)

/** By path, never by another name: pdfkit parses a file again for each name it has. */
export const FONT = {
  body: font('DejaVuSansCondensed'),
  bold: font('DejaVuSansCondensed-Bold'),
  mono: font('DejaVuSansMono'),
} as const

export const COLOR = {
  ink: '#17212b',
  muted: '#5f6c78',
  rule: '#d8dee4',
  panel: '#f4f6f8',
  accent: '#1d5c7f',
  allowed: '#2a7f6f',
  denied: '#b5482f',
  possible: '#8a94a0',
  caution: '#8a5a00',
  cautionPanel: '#fdf5e3',
} as const

/** A4. */
export const PAGE = { width: 595.28, height: 841.89, margin: 50, top: 76, bottom: 772 } as const
export const CONTENT_WIDTH = PAGE.width - 2 * PAGE.margin

export interface Style {
  font: string
  size: number
  color: string
}

export const STYLE = {
  title: { font: FONT.bold, size: 21, color: COLOR.ink },
  heading: { font: FONT.bold, size: 13, color: COLOR.ink },
  label: { font: FONT.bold, size: 7, color: COLOR.muted },
  lead: { font: FONT.body, size: 11.5, color: COLOR.ink },
  body: { font: FONT.body, size: 9, color: COLOR.ink },
  strong: { font: FONT.bold, size: 9, color: COLOR.ink },
  small: { font: FONT.body, size: 7.5, color: COLOR.muted },
  cell: { font: FONT.body, size: 8, color: COLOR.ink },
  cellStrong: { font: FONT.bold, size: 8, color: COLOR.ink },
  cellMono: { font: FONT.mono, size: 6.8, color: COLOR.ink },
  mono: { font: FONT.mono, size: 7.2, color: COLOR.ink },
} as const satisfies Record<string, Style>

export const colored = (style: Style, color: string): Style => ({ ...style, color })
/** Distance from one line's top to the next. */
export const leading = ({ size }: Style): number => size * 1.38
