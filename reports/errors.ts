/** @module What keeps a report from being made. A report that cannot be made whole is not made at all. */
export type ReportErrorCode =
  | 'TOPIC_FILTER_INVALID'
  | 'PERIOD_INVALID'
  | 'NOTHING_RECORDED'
  | 'BLOCK_NOT_FOUND'
  | 'CHAIN_INCONSISTENT'
  | 'EVIDENCE_DAMAGED'
  | 'REPORT_TOO_LARGE'
  | 'SIGNER_INVALID'
  | 'SIGNER_FOREIGN'

export class ReportError extends Error {
  override readonly name = 'ReportError'
  readonly code: ReportErrorCode

  constructor(code: ReportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Returns the refusal of a node whose answers contradict each other. */
export const inconsistent = (what: string): ReportError =>
  new ReportError('CHAIN_INCONSISTENT', `The node's answers do not fit together: ${what}. Ask another node, or retry.`)
