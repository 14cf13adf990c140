/**
 * @module A tagged document and the place on its page where the next thing goes. Lines are measured and broken here, so
 * that a page's height is known before it is drawn.
 */
import PDFDocument from 'pdfkit'
import type { Report } from '../verify/format/report.ts'
import { COLOR, CONTENT_WIDTH, FONT, leading, PAGE, type Style } from './style.ts'

export type Pdf = InstanceType<typeof PDFDocument>
export type Tag = 'H1' | 'H2' | 'P' | 'Figure'

/** pdfkit's structure elements, as far as they are used; its types know no nesting. */
export interface Element {
  add(child: Element): Element
  end(): void
}

export class Sheet {
  readonly pdf: Pdf
  readonly #root: Element
  readonly #widths = new Map<string, number>()
  /** Where the next thing goes, from the page's top. */
  y: number = PAGE.top

  constructor({ block, language }: Pick<Report, 'block' | 'language'>) {
    const date = new Date(block.timestamp * 1_000)
    const options = {
      size: 'A4',
      margin: 0,
      bufferPages: true,
      autoFirstPage: false,
      pdfVersion: '1.7',
      subset: 'PDF/A-3a',
      tagged: true,
      lang: language,
      displayTitle: true,
      font: FONT.body,
      // Deflate is not the same everywhere; without it the same report is the same bytes on every machine.
      compress: false,
      // No text from outside here: these strings stand outside the pages, unescaped.
      info: {
        Title: 'FlyTrap topic access report',
        Author: 'FlyTrap',
        Subject: 'Who accessed a topic, when and why',
        Creator: 'FlyTrap',
        Producer: 'FlyTrap (pdfkit)',
        CreationDate: date,
        ModDate: date,
      },
    }
    this.pdf = new PDFDocument(options as ConstructorParameters<typeof PDFDocument>[0])
    this.#root = this.element('Document')
    const { pdf } = this
    ;(pdf as unknown as { addStructure(element: Element): void }).addStructure(this.#root)
    this.newPage()
  }

  newPage(): void {
    this.pdf.addPage()
    this.y = PAGE.top
  }

  /** Begins a new page when fewer than `height` points are left. */
  ensure(height: number): void {
    if (this.y + height > PAGE.bottom) this.newPage()
  }

  /** Draws text in its lines from the left margin, or from `x`, and moves on. */
  text(
    text: string,
    style: Style,
    { tag = 'P', x = PAGE.margin, width = CONTENT_WIDTH, gap = 0 }: TextPlace = {},
  ): void {
    const lines = this.wrap(text, style, width)
    this.ensure(leading(style) * lines.length)
    const top = this.y
    const draw = (): void => {
      for (const [i, line] of lines.entries()) this.put(line, { x, y: top + i * leading(style), style })
    }
    this.tagged(tag, draw, lines.length * leading(style))
    this.y += gap
  }

  /** Adds an element whose content is drawn by `draw` at the present place, and moves on by `height`. */
  tagged(tag: Tag, draw: () => void, height = 0, options: object = {}): void {
    this.add(this.element(tag, draw, options))
    this.y += height
  }

  element(tag: string, draw?: () => void, options: object = {}): Element {
    const { pdf } = this
    const struct = (pdf as unknown as { struct(...args: unknown[]): Element }).struct.bind(pdf)
    return draw === undefined ? struct(tag, options) : struct(tag, options, draw)
  }

  add(element: Element): void {
    this.#root.add(element)
  }

  /** Draws what is no content: rules, panels, page numbers. */
  artifact(draw: () => void): void {
    this.pdf.markContent('Artifact', { type: 'Layout' })
    draw()
    this.pdf.endMarkedContent()
  }

  /** One line, as it is. */
  put(text: string, { x, y, style }: { x: number; y: number; style: Style }): void {
    this.pdf.font(style.font).fontSize(style.size).fillColor(style.color)
    this.pdf.text(text, x, y, { lineBreak: false })
  }

  rule(
    y: number,
    { from = PAGE.margin, to = PAGE.width - PAGE.margin, color = COLOR.rule, width = 0.6 }: Rule = {},
  ): void {
    this.artifact(() => this.pdf.moveTo(from, y).lineTo(to, y).lineWidth(width).strokeColor(color).stroke())
  }

  panel({ y, height, color, bar }: { y: number; height: number; color: string; bar?: string }): void {
    this.artifact(() => {
      this.pdf.rect(PAGE.margin, y, CONTENT_WIDTH, height).fill(color)
      if (bar !== undefined) this.pdf.rect(PAGE.margin, y, 3, height).fill(bar)
    })
  }

  /** Returns the lines of `text`, broken behind spaces and slashes where there are any, else anywhere: no topic runs off the page. */
  wrap(text: string, style: Style, width: number): string[] {
    const lines: string[] = []
    let line = ''
    for (const word of text.split(/(?<=[ /])/)) {
      const fits = this.width(line + word.trimEnd(), style) <= width
      // A word that no line can hold is broken where the line ends; any other goes to the next line whole.
      if (!fits && line !== '' && this.width(word.trimEnd(), style) <= width) {
        lines.push(line.trimEnd())
        line = ''
      }
      line += word
      while (this.width(line.trimEnd(), style) > width) {
        const end = this.#fitting(line, style, width)
        lines.push(line.slice(0, end))
        line = line.slice(end)
      }
    }
    return [...lines, line.trimEnd()]
  }

  width(text: string, style: Style): number {
    let sum = 0
    for (const character of text) sum += this.#characterWidth(character, style.font)
    return sum * style.size
  }

  #fitting(text: string, style: Style, width: number): number {
    let [sum, end] = [0, 0]
    for (const character of text) {
      sum += this.#characterWidth(character, style.font) * style.size
      if (sum > width && end > 0) return end
      end += character.length
    }
    return end
  }

  /** Kerning is left out of account: it only ever makes a line shorter here. */
  #characterWidth(character: string, font: string): number {
    const key = `${font}:${character}`
    const known = this.#widths.get(key)
    if (known !== undefined) return known
    const width = this.pdf.font(font).fontSize(1).widthOfString(character)
    this.#widths.set(key, width)
    return width
  }
}

export interface TextPlace {
  tag?: Tag
  x?: number
  width?: number
  /** Points below. */
  gap?: number
}

interface Rule {
  from?: number
  to?: number
  color?: string
  width?: number
}
