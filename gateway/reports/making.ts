/** @module What the thread that makes a report is told, and what it tells. */
import type { Address } from '../../domain/bytes.ts'
import type { StoredReport } from '../../records/store/port.ts'
import type { TopicAccessQuestion } from '../../reports/compile/period.ts'
import type { ReportProgress } from '../../reports/compile/progress.ts'
import type { Failed } from './failure.ts'
import type { MadeReportFacts } from './report.ts'

/** What reports are made from. */
export interface MakingPlace {
  /** One endpoint or several. */
  rpcUrl: string
  chainId: bigint
  contract: `0x${string}`
  deployBlock: number
  /** Blocks that must stand on the report's block, itself counted. */
  confirmations: number
  /** A path or a postgres:// URL. */
  evidencePath: string
  /** The folder of the report signer's key and certificate. */
  signerDir: string
}

export interface MakingOrder {
  place: MakingPlace
  question: TopicAccessQuestion
  requester: Address
}

export type ToMaker = { keep: StoredReport }
export type FromMaker =
  | { progress: ReportProgress }
  | { made: MadeReportFacts }
  | { isKept: boolean }
  | { failed: Failed }
