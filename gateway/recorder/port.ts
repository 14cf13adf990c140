/**
 * @module What the resolvers ask of the gateway's own recorder: that showing evidence is on disk before it is shown, and
 * that an erasure is recorded before it happens. No record, no access: this binds the gateway too.
 */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { ErasureCertificate, ErasureOrder } from '../../records/erasure/order.ts'
import type { Records, RecordsErrorCode, RecordsRules, RecordsStatus } from '../../records/port.ts'
import type { Erasure, ReportShelf } from '../../records/store/port.ts'

/** Evidence that is about to be shown to one viewer. */
export interface Disclosure {
  viewer: Address
  /** What entitles the viewer. */
  role: NonNullable<Evidence['role']>
  records: readonly ShownRecord[]
  /** Grants whose purposes are shown in words. */
  grants?: readonly ShownGrant[]
  /** Reports whose evidence is shown: the store knows of which records it is. */
  reports?: readonly ShownReport[]
}

/** What a report shows of one topic. */
export interface ShownReport {
  reportHash: Bytes32
  topicId: Bytes32
  isSealed: boolean
}

export interface ShownGrant {
  grantId: bigint
  topicId: Bytes32
  isSealed: boolean
}

export interface ShownRecord {
  recorderId: number
  seq: number
  /** What it is about, zero for a connection's; of a sealed record as its evidence tells. */
  topicId: Bytes32
  /** The record is sealed, or its topic is by now: then the chain shall not tell who looked at it. */
  isSealed: boolean
}

/** The operator's rules as far as they bind this recorder. */
export type GatewayRules = Omit<RecordsRules, 'capture'>

export interface GatewayRecorder {
  /**
   * Resolves once it is on disk that the viewer is shown this: only then show it. Rejects RecordsError: show nothing, the
   * evidence is NOT_AVAILABLE by its code.
   */
  disclose(disclosure: Disclosure): Promise<void>
  /** Orders an erasure, records it, carries it out. Rejects RecordsError. */
  erase(order: ErasureOrder): Promise<ErasureCertificate>
  certificates(): Promise<ErasureCertificate[]>
  /** Returns what an erasure has done so far. Rejects RecordsError. */
  certify(erasure: Erasure): Promise<ErasureCertificate>
  /** Carries out at once what other recorders ordered to be erased. Rejects RecordsError. */
  obey(): Promise<void>
  /** Has a report's hash anchored, once: resolves when that is on disk. Rejects RecordsError: it is not. */
  issueReport: Records['issueReport']
  reportIssue: Records['reportIssue']
  /** Evidence and purposes. Every call rejects RecordsError while the recorder or its store is not there. */
  readonly store: Pick<
    Records['store'],
    'one' | 'batch' | 'purpose' | 'putPurpose' | 'erasures' | 'countOpen' | Exclude<keyof ReportShelf, 'keepReport'>
  >
  /** Resolves when all that was recorded is final; undefined while there is no recorder. Rejects CHAIN_UNREACHABLE. */
  flush(timeoutMs?: number): Promise<{ records: number; through: number } | undefined>
  setRules(rules: GatewayRules): Promise<void>
  status(): GatewayRecorderStatus
  stop(): Promise<void>
}

/** `trouble`: why no evidence is shown, in words that tell the remedy. */
export type GatewayRecorderStatus =
  | { isOpen: true; records: RecordsStatus }
  | { isOpen: false; code: RecordsErrorCode; trouble: string }
