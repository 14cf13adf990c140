/** @module The evidence bundle and the report in the document, parsed once at the edge. */
import { canonicalJson } from '../../domain/evidence.ts'
import type { Findings } from './findings.ts'
import { ATTACHMENT_NAME, type Attachment, attachmentSchema } from './format/report.ts'
import type { PdfDocument } from './pdf/document.ts'

/** Returns the attachment, or undefined with its finding. */
export function readAttachment(document: PdfDocument, findings: Findings): Attachment | undefined {
  const data = attachedFile(document)
  if (data === undefined) {
    findings.failed('attachment', `The document does not carry exactly one file, named ${ATTACHMENT_NAME}.`)
    return undefined
  }
  const text = decode(data)
  const value = parseJson(text)
  const parsed = attachmentSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    findings.failed(
      'attachment',
      `The evidence bundle is not one: ${issue?.path.join('.').slice(0, 200)}: ${issue?.message.slice(0, 200)}.`,
    )
    return undefined
  }
  findings.passed('attachment', 'The document carries its evidence bundle.')
  const isCanonical = canonicalJson(value) === text
  findings.check(
    'attachment-canonical',
    isCanonical ? undefined : 'The bundle is not in canonical form: it could be read in two ways.',
    'The bundle is in its one canonical form (RFC 8785).',
  )
  return parsed.data
}

function attachedFile({ root, resolve, stream }: PdfDocument): string | undefined {
  const names = resolve(root.entries.get('Names')?.value)
  const files = names?.kind === 'dict' ? resolve(names.entries.get('EmbeddedFiles')?.value) : undefined
  const list = files?.kind === 'dict' ? resolve(files.entries.get('Names')?.value) : undefined
  if (list?.kind !== 'array' || list.items.length !== 2) return undefined
  const [name, file] = list.items.map(resolve)
  const embedded = file?.kind === 'dict' ? resolve(file.entries.get('EF')?.value) : undefined
  const isNamed = name?.kind === 'text' && name.text === ATTACHMENT_NAME
  return isNamed && embedded?.kind === 'dict' ? stream(embedded.entries.get('F')?.value) : undefined
}

function decode(latin1: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return ''
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
