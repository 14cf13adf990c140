/** @module A requested report as the pages ask for it, and its state in words. */
import { type Html, html } from '../html.ts'

export const REPORT_FIELDS = `id topic from to status requestedAt finishedAt ahead progress { stage done total }
  result { url size sha256 from to block { number hash } complete rows notNarrowed open withheld erased notAvailable }
  anchoring { state block transaction at reason }
  failure { code message }`

export interface ReportRow {
  id: string
  topic: string
  from: string | null
  to: string | null
  status: 'QUEUED' | 'RUNNING' | 'DONE' | 'FAILED' | 'ERASED'
  requestedAt: string
  finishedAt: string | null
  ahead: number | null
  progress: { stage: keyof typeof STAGES; done: number; total: number } | null
  result: ReportResult | null
  anchoring: Anchoring | null
  failure: { code: string; message: string } | null
}

export interface Anchoring {
  state: 'SIGNED' | 'ANCHORED'
  block: string | null
  transaction: string | null
  at: string | null
  reason: string | null
}

export interface ReportResult {
  url: string
  size: number
  sha256: string
  from: string
  to: string
  block: { number: string; hash: string }
  complete: boolean
  rows: number
  notNarrowed: number
  open: number
  withheld: number
  erased: number
  notAvailable: number
}

export const isUnderWay = ({ status }: Pick<ReportRow, 'status'>): boolean =>
  status === 'QUEUED' || status === 'RUNNING'

const STATES: Record<ReportRow['status'], readonly [word: string, kind: string]> = {
  QUEUED: ['waiting', ''],
  RUNNING: ['being made', ''],
  DONE: ['done', 'good'],
  FAILED: ['not made', 'bad'],
  ERASED: ['erased', 'warn'],
}

export const State = ({ of }: { of: ReportRow }): Html => {
  const [word, kind] = STATES[of.status]
  return html`<span class=${`badge ${kind}`}>${word}</span>`
}

const STAGES = {
  HISTORY: 'Reading topics, grants and batches',
  RECORDS: 'Reading access records',
  EVIDENCE: 'Reading evidence',
  PAGES: 'Drawing pages',
  SIGNATURE: 'Signing',
}
const ORDER = Object.keys(STAGES)

/** Returns how far it is: a step of all, and how much of that. */
export function progressOf({ status, ahead, progress }: ReportRow): { text: string; done: number; of: number } {
  const of = ORDER.length
  if (status === 'QUEUED') {
    const before = ahead === null || ahead === 0 ? 'It is next.' : `${ahead} before it.`
    return { text: `It waits its turn. ${before}`, done: 0, of }
  }
  if (progress === null) return { text: 'It has just begun.', done: 0, of }
  const { stage, done, total } = progress
  const step = ORDER.indexOf(stage)
  const detail = stage === 'EVIDENCE' ? `: batch ${Math.min(done + 1, total)} of ${total}` : ''
  const rows = stage === 'PAGES' ? ` of ${total} ${total === 1 ? 'row' : 'rows'}` : ''
  const text = `Step ${step + 1} of ${of}. ${STAGES[stage]}${detail}${rows}.`
  return { text, done: step + (total === 0 ? 0 : done / total), of }
}
