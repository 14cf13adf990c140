/**
 * @module Draws a report and attaches its bundle: the same report and bundle give the same bytes, on every machine. What
 * is drawn stands in the report; nothing is decided here.
 */
import { canonicalJson } from '../../domain/evidence.ts'
import { addPlaceholder, type PreparedPdf } from '../sign/placeholder.ts'
import { ATTACHMENT_NAME, type Attachment } from '../verify/format/report.ts'
import { drawAccountsIndex, drawGrants, drawLimits, drawRecorders } from './back-pages.ts'
import { drawFrontPage } from './front-page.ts'
import { labelAccounts } from './labels.ts'
import { drawRows } from './rows-table.ts'
import { type Pdf, Sheet } from './sheet.ts'
import { CONTENT_WIDTH, PAGE, STYLE } from './style.ts'

/** Resolves with the document, all but its signature. */
export async function renderReport({ bundle, report }: Attachment): Promise<PreparedPdf> {
  const sheet = new Sheet(report)
  const labels = labelAccounts(report)
  drawFrontPage(sheet, report, labels)
  drawRows(sheet, report, labels)
  drawGrants(sheet, report, labels)
  drawAccountsIndex(sheet, labels)
  drawRecorders(sheet, report, bundle)
  drawLimits(sheet, report)
  drawEdges(sheet, `Block ${report.block.number} of chain ${report.deployment.chainId}`)
  attach(sheet.pdf, { bundle, report })
  sheet.pdf.switchToPage(0)
  const bytes = collect(sheet.pdf)
  // The certificate's name is not repeated: it is in the signature, and on the first page.
  const signatureAt = addPlaceholder(sheet.pdf, { name: 'FlyTrap', reason: 'This report follows from its evidence' })
  sheet.pdf.end()
  return { bytes: await bytes, signatureAt }
}

function attach(pdf: Pdf, attachment: Attachment): void {
  const date = new Date(attachment.report.block.timestamp * 1_000)
  const options = {
    name: ATTACHMENT_NAME,
    type: 'application/json',
    description: 'Evidence bundle: what every row of this report follows from',
    relationship: 'Data',
    creationDate: date,
    modifiedDate: date,
  }
  pdf.file(Buffer.from(canonicalJson(attachment)), options as Parameters<Pdf['file']>[1])
}

/** Head and foot of every page, once their number is known. */
function drawEdges(sheet: Sheet, where: string): void {
  const { start, count } = sheet.pdf.bufferedPageRange()
  for (let i = start; i < start + count; i++) {
    sheet.pdf.switchToPage(i)
    sheet.rule(PAGE.top - 20)
    sheet.rule(PAGE.bottom + 16)
    sheet.artifact(() => {
      sheet.put('FLYTRAP', { x: PAGE.margin, y: 38, style: HEAD })
      putRight(sheet, 'Topic access report', 38)
      sheet.put(where, { x: PAGE.margin, y: PAGE.bottom + 23, style: STYLE.small })
      putRight(sheet, `Page ${i + 1} of ${count}`, PAGE.bottom + 23)
    })
  }
}

function putRight(sheet: Sheet, text: string, y: number): void {
  const x = PAGE.margin + CONTENT_WIDTH - sheet.width(text, STYLE.small)
  sheet.put(text, { x, y, style: STYLE.small })
}

const HEAD = { ...STYLE.strong, color: '#1d5c7f' }

function collect(pdf: Pdf): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => resolve(Buffer.concat(chunks)))
    pdf.on('error', reject)
  })
}
