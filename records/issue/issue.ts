/** @module A report whose hash is to stand on chain, and where it does. Types only. */
import type { Bytes32 } from '../../domain/bytes.ts'
import type { ReportKind } from '../../domain/enums.ts'

export interface ReportToIssue {
  /** SHA-256 of the file. */
  reportHash: Bytes32
  kind: ReportKind
}

/** Where a report's hash stands on chain. */
export interface IssuePlace {
  block: number
  transaction: Bytes32
}

export interface ReportIssue extends ReportToIssue {
  /** As last seen; null: it waits. */
  place: IssuePlace | null
  isFinal: boolean
  /** No block before it can hold it; null: the chain was not looked at, so it was not sent. */
  fromBlock: number | null
}

export interface IssuesStatus {
  /** Reports of which no block is known to hold the hash. */
  waiting: number
  /** Reports that this recorder anchored. */
  issued: number
  /** Why those that wait do not get on chain, in words, or null. */
  trouble: string | null
}
