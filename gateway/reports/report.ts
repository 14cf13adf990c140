/** @module A report that was asked for: its question, how far it is, what came of it. Types and their bytes; pure. */
import type { Bytes32 } from '../../domain/bytes.ts'
import type { StoredReport } from '../../records/store/port.ts'
import type { TopicAccessQuestion } from '../../reports/compile/period.ts'
import type { ReportProgress } from '../../reports/compile/progress.ts'
import type { ReportErrorCode } from '../../reports/errors.ts'

/** Why there is no report; the schema has the same names. */
export type ReportFailureCode =
  | ReportErrorCode
  | 'NOT_ENTITLED'
  | 'EVIDENCE_ERASED'
  | 'EVIDENCE_NOT_AVAILABLE'
  | 'RECORDS_UNAVAILABLE'
  | 'CHAIN_UNREACHABLE'
  | 'REPORT_TOO_SLOW'
  | 'INTERRUPTED'
  | 'INTERNAL'

export interface ReportFailure {
  code: ReportFailureCode
  /** A sentence that says what to do. */
  message: string
}

/** Evidence of one topic that the file carries: what its reader must still be entitled to. */
export interface Opened {
  topicId: Bytes32
  /** Null where it is of no registered topic. */
  filter: string | null
  /** About the requester itself. */
  isOwn: boolean
  /** A record of it is sealed: then the chain shall not tell who looked at it. Not told by reports of older versions: as if it were. */
  isSealed?: boolean
}

/** What the finished file says of itself; times are Unix seconds. */
export interface MadeReportFacts {
  reportHash: Bytes32
  /** Bytes of the file. */
  size: number
  from: number
  to: number
  block: { number: number; hash: string; time: number }
  isComplete: boolean
  rows: number
  notNarrowed: number
  evidence: { open: number; withheld: number; erased: number; notAvailable: number }
  opened: readonly Opened[]
}

/** What the store keeps as JSON; times are Unix milliseconds. */
export interface ReportDetails {
  kind: 'TOPIC_ACCESS'
  question: TopicAccessQuestion
  startedAt?: number
  finishedAt?: number
  made?: MadeReportFacts
  /** It is to be anchored. Not told by reports of older versions: they are not. */
  isToAnchor?: boolean
  failure?: ReportFailure
}

export interface RequestedReport extends Omit<StoredReport, 'details'>, ReportDetails {
  /** While it runs here. */
  progress?: ReportProgress | undefined
  /** Reports before it, while it waits here. */
  ahead?: number | undefined
}

export const fromStored = ({ details, ...report }: StoredReport): RequestedReport => ({
  ...report,
  ...(JSON.parse(details) as ReportDetails),
})

export function toStored({ progress: _p, ahead: _a, ...report }: RequestedReport): StoredReport {
  const { id, makerId, requester, requestedAt, status, ...details } = report
  return { id, makerId, requester, requestedAt, status, details: JSON.stringify(details satisfies ReportDetails) }
}

/** What keeps a report from being made. Its message is for who asked. */
export class MakingError extends Error {
  override readonly name = 'MakingError'
  readonly code: ReportFailureCode

  constructor(code: ReportFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
