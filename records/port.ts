/**
 * @module What the proxy and the gateway ask of the records: that an access is durable before it happens, and that it
 * reaches the chain exactly once. Types only; `openRecords` gives the real thing.
 */
import type { Address, Bytes32 } from '../domain/bytes.ts'
import type { Action, DenialReason, Outcome } from '../domain/enums.ts'
import type { Evidence } from '../domain/evidence.ts'
import type { ErasureCertificate, ErasureOrder } from './erasure/order.ts'
import type { IssuesStatus, ReportIssue, ReportToIssue } from './issue/issue.ts'
import type { Erasure, EvidenceStore, Scope } from './store/port.ts'

/** One decision, about to be carried out or refused. */
export interface Access {
  action: Action
  outcome: Outcome
  denialReason: DenialReason
  /** The owner wallet once proved, else the zero address. */
  account: Address
  topicId: Bytes32
  grantId: number
  /** Seconds: of a BAN its duration. Else the journal measures it. */
  span?: number
  /** Which connection asked; unique in this process. Absent for what belongs to none, such as POLICY. */
  connectionId?: number
  /** The unproved side's network (/32 or /64 as text), for windows of attempts that proved no identity. */
  network?: string
  /** What it is about is sealed, whatever rules and terms say. */
  isSealed?: boolean
  /** Too many of them: equal ones share a record for a minute at least, whatever the rules say. */
  isCrowded?: boolean
  /** What the connection knows of itself; names, counts, times and policy are added by the journal. */
  evidence: Omit<Evidence, 'version' | 'firstMs' | 'lastMs' | 'policy'>
}

/** How one decision becomes a record: what the operator's rules choose. Never whether. */
export interface Capture {
  /** How long equal decisions share one record; 0: each its own. */
  windowMs: number
  isSealed: boolean
}

/** `name`: the concrete topic name, of a SUBSCRIBE the filter; empty for what concerns no topic. */
export type ChooseCapture = (access: Access, name: string) => Capture

/** One use of an open window. */
export interface Use {
  /** The concrete topic name. */
  name: string
  /** Payload bytes. */
  bytes: number
  qos: 0 | 1 | 2
}

/**
 * Repeated accesses that share one record (DESIGN section 4). The first use belongs to the opening, which must be durable
 * before its packet moves; later uses only count, in memory, and are checkpointed at least each second.
 */
export interface AccessWindow {
  /** Resolves once the opening is on disk. Rejects RecordsError when it never will be: no record, no access. */
  readonly durable: Promise<void>
  /** The same as a flag, so that a busy path need not await. */
  readonly isDurable: boolean
  /** Counts one more use. False: the window has closed or is full, ask for a new one. */
  add(use: Use): boolean
}

/** An access that was announced and happens later, or never: a Will, which a broker publishes without asking. */
export interface AnnouncedAccess {
  /**
   * Says how it ended, once: `happened` closes it with count 1, now; `unknown` with count 0 and "lower bound", as a
   * crash does; `dropped` leaves no record. `evidence` is added to what was announced.
   */
  settle(how: 'happened' | 'unknown' | 'dropped', evidence?: Access['evidence']): void
}

export interface AccessJournal {
  /** Records an access that closes at once. Resolves with its sequence when durable; rejects RecordsError: no access. */
  record(access: Access): Promise<{ seq: number }>
  /** Returns the open window for this access, counting `use`, or opens one with `use` as its first. */
  window(access: Access, use: Use): AccessWindow
  /** Says which decisions topics want sealed, beside the rules: the stricter wins. */
  sealWhere(isSealed: (access: Access, name: string) => boolean): void
  /** Resolves with the recorder's signed promise that this record will be on chain (domain/receipt.ts). Rejects RecordsError. */
  receipt(seq: number): Promise<string>
  /** Asks that what is recorded goes to the chain now, not at the next pace. */
  hurry(): void
  /** Commits an access that is to happen later. Resolves once it is on disk; rejects RecordsError: no access. */
  announce(access: Access, use: Use): Promise<AnnouncedAccess>
  /** Closes every window: what comes now is captured otherwise. */
  closeAll(): void
  /** Closes every window of the connection, after it ended or re-authenticated. */
  closeConnection(connectionId: number): void
  /** Why no new access may happen, or undefined. Cheap: asked on the packet's path. */
  unavailable(): RecordsErrorCode | undefined
  /**
   * True once the oldest record has waited for the chain, or the last one will at the price and the spending limit of now,
   * for a quarter of what it may: who costs nothing to turn away should cost no records of his own. Cheap.
   */
  isBehind(): boolean
}

/** For accesses of which each use must be on disk before it happens, not only the first of its window. */
export interface StrictJournal extends AccessJournal {
  /** Resolves once all that the window has counted so far is on disk. Rejects RecordsError: it must not happen. */
  checkpoint(window: AccessWindow): Promise<void>
}

export type RecordsErrorCode =
  | 'JOURNAL_WRITE_FAILED'
  | 'JOURNAL_FULL'
  | 'JOURNAL_CLOSED'
  | 'JOURNAL_FOREIGN'
  | 'JOURNAL_DAMAGED'
  | 'JOURNAL_NEWER'
  | 'UNANCHORED_TOO_LONG'
  | 'RECORDER_NOT_ACTIVE'
  | 'CHAIN_UNREACHABLE'
  | 'STORE_UNREACHABLE'
  | 'STORE_BUSY'
  | 'STORE_DAMAGED'
  | 'STORE_NEWER'
  | 'STORE_FOREIGN'

/** Something outside failed: the disk, the chain, the store. A denial is not an error. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError'
  readonly code: RecordsErrorCode

  constructor(code: RecordsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What `flytrap status` and the gateway's `status` show of one recorder. */
export interface RecordsStatus {
  recorder: Address
  recorderId: number
  /** Entries open or closed that no batch holds yet. */
  unbatched: number
  /** Records in batches that are not final. */
  unanchored: number
  /** Unix seconds of the oldest entry that is not final, or null. */
  oldestUnanchored: number | null
  nextSeq: number
  /** The sequence of the POLICY record in force. */
  policySeq: number
  /** The watermark of the last accepted batch, Unix seconds. */
  through: number
  /** Seconds since the watermark: what is later cannot be called complete yet. */
  watermarkAge: number
  /** Whether strangers share records so that those of others get there in time. */
  isBehind: boolean
  /** In how many seconds no access will be possible any more if the oldest record goes on waiting as it does; null: never. */
  secondsToMaxUnanchored: number | null
  head: Bytes32
  /** Why nothing reaches the chain at the moment, in words, or null. */
  trouble: string | null
  /** Reports that it anchors. */
  issues: IssuesStatus
  spending: SpendingStatus
  /** What will become trouble if nobody acts, in words, or null. */
  warning: string | null
}

/** Amounts in wei, in decimal. */
export interface SpendingStatus {
  lastHourWei: string
  lastHourGas: number
  /** What 30 days cost, if they are like the last hour. */
  monthWei: string
  limitWei: string | null
  balanceWei: string | null
}

/** The operator's rules, as far as records go. */
export interface RecordsRules {
  /** Their text as data: recorded as POLICY, by the SHA-256 of its RFC 8785 form, before anything else. */
  rules: unknown
  capture: ChooseCapture
  anchorEveryMs: number
  batchMax: number
  heartbeatMs: number
  maxUnanchoredMs: number
  /** Wei that the recorder's gas may cost in any hour; absent: as much as there is. */
  spendPerHour?: bigint | undefined
  /** Bytes that the journal's disk must have free. */
  minFreeBytes: number
  /** How long evidence is kept, and how long it is kept whatever is asked (GDPR Art. 5(1)(e), 17(3)). */
  retentionMs: number
  minimumRetentionMs: number
}

/** What is kept about subjects that is no evidence: nothing holds it back. */
export interface OtherCopies {
  /** Forgets what lies in one of the scopes. Rejects when some of it may be left. */
  erase(scopes: readonly Scope[]): Promise<void>
}

/** One recorder: its journal, its way to the chain, its evidence. */
export interface Records {
  readonly journal: StrictJournal
  /** Closes windows, builds what is due, and waits until all of it is final. Rejects CHAIN_UNREACHABLE after `timeoutMs`. */
  flush(timeoutMs?: number): Promise<{ records: number; through: number }>
  status(): RecordsStatus
  /** Puts other rules in force: open windows close under the old ones, then POLICY is recorded. */
  setRules(rules: RecordsRules): Promise<{ seq: number }>
  /** Orders an erasure, records it, carries it out. Rejects RecordsError. */
  erase(order: ErasureOrder): Promise<ErasureCertificate>
  certificates(): Promise<ErasureCertificate[]>
  /** Returns what an erasure has done so far. Rejects RecordsError. */
  certify(erasure: Erasure): Promise<ErasureCertificate>
  /**
   * Has a report's hash anchored, once: resolves when that is on disk, and may be asked again. Rejects RecordsError: it is
   * not anchored.
   */
  issueReport(report: ReportToIssue): Promise<void>
  /** What became of it; undefined for what was never asked for here. Rejects RecordsError. */
  reportIssue(reportHash: Bytes32): Promise<ReportIssue | undefined>
  /**
   * Has what others keep beside journal and store obey too: now, and from here on before each erasure is acknowledged.
   * Rejects their error: it is tried again by itself.
   */
  eraseAlso(copies: OtherCopies): Promise<void>
  /** Carries out at once what other recorders ordered to be erased. Rejects RecordsError: it is tried again by itself. */
  obey(): Promise<void>
  /** Evidence, purposes and legal holds: the one place in this process that has them open. */
  readonly store: Omit<EvidenceStore, 'close'>
  /** Closes windows and the journal; what is not anchored waits on disk for the next start. */
  stop(): Promise<void>
}
