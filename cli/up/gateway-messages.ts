/** @module What `up` and the gateway's process say to each other: plain data both ways. */
import type { Bytes32 } from '../../domain/bytes.ts'
import type { GatewayRecorderOptions } from '../../gateway/recorder/open-recorder.ts'
import type { GatewayRecorderStatus, GatewayRules } from '../../gateway/recorder/port.ts'
import type { GatewayOptions, Reach } from '../../gateway/start-gateway.ts'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import type { EngineOptions } from '../../subgraph/engine/open-engine.ts'

export interface GatewayOrder {
  host: string
  port: number
  engine: Omit<EngineOptions, 'log'>
  /** A Graph Node's subgraph, where one keeps the history. */
  graphUrl: string | undefined
  /** Where the chain is ours, a block counts once `up` told that it is on disk. */
  recorder: Omit<GatewayRecorderOptions, 'log' | 'isBlockSafe'> & { isChainOurs: boolean }
  owners: GatewayOptions['owners']
  /** Who signs the reports that people ask for. */
  reports: GatewayOptions['reports']
  reach: Reach
  log: { level: string; path: string }
}

/** What `up` asks, with what is given and what comes back. */
export interface GatewayQuestions {
  flush: [[], { records: number; through: number } | undefined]
  status: [[], GatewayRecorderStatus]
  obey: [[], undefined]
  rules: [[GatewayRules], undefined]
  /** Resolves once it is on disk that the report is to be anchored. */
  issue: [[ReportToIssue], undefined]
  /** Resolves once it is anchored, or once it is clear that it waits for longer. */
  issued: [[Bytes32], Issued]
}

export type GatewayQuestion = {
  [K in keyof GatewayQuestions]: { ask: K; given: GatewayQuestions[K][0] }
}[keyof GatewayQuestions]
export type GatewayAnswer = GatewayQuestions[keyof GatewayQuestions][1]

/** Where a report stands on its way to the chain. */
export type Issued = { state: 'ANCHORED'; block: number; transaction: Bytes32 } | { state: 'SIGNED'; reason: string }

export type GatewayMessage = { order: GatewayOrder } | { dumpedThrough: number } | (GatewayQuestion & { id: number })

export type GatewayReply =
  | { url: string }
  | { error: string }
  | { id: number; value: GatewayAnswer }
  | { id: number; failed: { code: string; message: string } }
