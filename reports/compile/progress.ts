/** @module How far the making of a report is. */

/** In their order; each begins at `done` 0. */
export const STAGES = ['HISTORY', 'RECORDS', 'EVIDENCE', 'PAGES', 'SIGNATURE'] as const

export interface ReportProgress {
  stage: (typeof STAGES)[number]
  /** Of `total`: batches while evidence is read. */
  done: number
  total: number
}
