/**
 * @module The evidence store's port: what is kept off chain, found again and really forgotten. SQLite and PostgreSQL
 * stand behind it, and one suite holds them equal.
 */
import type { Address, Bytes32 } from '../../domain/bytes.ts'

/** Whom and what a record's evidence is about: how erasure finds it, whatever the chain shows. */
export interface EvidenceSubject {
  account: Address
  topicId: Bytes32
  /** Unix seconds of the first and the last access that it tells of. */
  firstAt: number
  lastAt: number
}

/** A record's evidence with what proves it. */
export interface StoredEvidence {
  recorderId: number
  seq: number
  /** RFC 8785 text, exactly as it was hashed; absent once erased. */
  text?: string
  /** 64 bytes as hex; absent once erased. */
  salt?: `0x${string}`
  leaf: Bytes32
  /** First sequence and size of its batch: its place in the tree. */
  batchFirstSeq: number
  batchCount: number
  /** Given when it is stored; never read back. */
  subject?: EvidenceSubject
}

/** Reads evidence; another process than the writer's may do so. */
export interface EvidenceReader {
  /** The evidence of one batch, in sequence order; undefined when the store has none of it. */
  batch(recorderId: number, batchFirstSeq: number): Promise<StoredEvidence[] | undefined>
  one(recorderId: number, seq: number): Promise<StoredEvidence | undefined>
  close(): void
}

/** Why a grant was given: text and salt of the commitment that it carries; both gone once erased. */
export interface StoredPurpose {
  /** Of the topic, the grantee and the commitment (domain/evidence.ts). */
  key: Bytes32
  lang?: string
  text?: string
  /** 32 bytes as hex. */
  salt?: `0x${string}`
}

/** What is to be forgotten: all conditions that are given must hold. */
export interface Scope {
  /** The data subject's wallet. */
  account?: Address
  /** The deciding topics of the records. */
  topicIds?: readonly Bytes32[]
  /** Unix seconds: accesses that began at or before. What was still going on then is told in one piece, and goes as one. */
  before: number
  /** Unix seconds: of these, only what ended at or before. */
  endedBy?: number
}

/** An order to forget. It is kept for ever: copies that turn up later, and restored backups, obey it too. */
export interface Erasure extends Scope {
  /** 16 random bytes as hex: the ERASE record's evidence holds its salted hash. */
  id: `0x${string}`
  /** GDPR Art. 17(1), or the storage limitation of Art. 5(1)(e). */
  ground: 'subject' | 'topic-owner' | 'retention'
  /** Unix seconds. */
  requestedAt: number
  /** Purposes of grants to the subject, by their keys. */
  purposes?: readonly Bytes32[]
  /** Issued reports that still carry what was erased, by their hashes: nothing of ours reaches them. */
  reports?: readonly string[]
  /** Sequence of the ERASE record that came first. */
  recorded: { recorderId: number; seq: number }
}

/** A legal claim or a restriction (Art. 17(3)(e), 18): what it covers is not erased while it stands. */
export interface LegalHold {
  id: string
  account?: Address
  topicId?: Bytes32
  reason: string
  /** Unix seconds. */
  since: number
  liftedAt?: number
}

/** ERASED: its file went with evidence that it carried. */
export type ReportStatus = 'QUEUED' | 'RUNNING' | 'DONE' | 'FAILED' | 'ERASED'

/** A report that was asked for at a gateway; its file is kept beside it. */
export interface StoredReport {
  /** 16 random bytes as hex, without 0x: it stands in addresses of pages. */
  id: string
  /** The number of the recorder of the gateway that makes it. */
  makerId: number
  requester: Address
  /** Unix milliseconds. */
  requestedAt: number
  status: ReportStatus
  /** What else the gateway knows of it, as JSON. */
  details: string
}

export interface KeptReport {
  report: StoredReport
  /** SHA-256 of the file. */
  reportHash: string
  file: Uint8Array
  /** Whose evidence it carries. */
  records: readonly { recorderId: number; seq: number }[]
}

/** What was asked before, from the newest on. */
export interface ReportPage {
  first: number
  /** Only what was asked before this one. */
  before?: Pick<StoredReport, 'requestedAt' | 'id'> | undefined
}

/** How many finished reports are kept. */
export interface ReportLimits {
  /** Of their requester. */
  ofOne: number
  ofAll: number
  /** Of all files together. */
  bytes: number
}

/** What the store keeps of reports. */
export interface ReportShelf {
  /** Keeps a report's state, or replaces that of one under way. Resolves with false where it had ended: it stays as it is. */
  putReport(report: StoredReport): Promise<boolean>
  report(id: string): Promise<StoredReport | undefined>
  /** An account's reports, the newest first. */
  reportsOf(requester: Address, page: ReportPage): Promise<StoredReport[]>
  /** Reports of a gateway that are neither done nor failed. */
  unfinishedReports(makerId: number): Promise<StoredReport[]>
  /** Reports of a gateway that are done, the oldest first. */
  doneReports(makerId: number): Promise<StoredReport[]>
  /** Keeps a finished report with its file, and notes its evidence. Resolves with false where some of that was erased since: nothing is kept. */
  keepReport(kept: KeptReport): Promise<boolean>
  /** Undefined once it was erased, or made room for others. */
  reportFile(id: string): Promise<Uint8Array | undefined>
  /** Removes finished reports beyond the limits, the oldest first, of all those without evidence before the others; never the newest one. */
  pruneReports(newest: Pick<StoredReport, 'id' | 'requester'>, limits: ReportLimits): Promise<void>
}

export interface EvidenceStore extends EvidenceReader, ReportShelf {
  /** Copies a batch's evidence; what is there stays as it is, erased or not. Durable when it resolves. */
  put(rows: readonly StoredEvidence[]): Promise<void>
  putPurpose(purpose: Required<StoredPurpose>): Promise<void>
  purpose(key: Bytes32): Promise<StoredPurpose | undefined>
  /** Keeps or replaces an erasure's order. */
  putErasure(erasure: Erasure): Promise<void>
  /** Every erasure, the oldest first. */
  erasures(): Promise<Erasure[]>
  /**
   * Forgets text, salt, account and topic of what is in scope and under no hold, the files of reports that carry it, and
   * what the account asked for. Resolves with how many records.
   */
  erase(scope: Scope): Promise<number>
  /** Forgets what was asked for up to then (Unix seconds) and is no more under way, but no account's that is under a hold. Resolves with how many. */
  forgetRequests(before: number): Promise<number>
  erasePurposes(keys: readonly Bytes32[]): Promise<void>
  /** How many records in scope still have their evidence. */
  countOpen(scope: Scope): Promise<number>
  /** How many of them are under no hold. */
  countErasable(scope: Scope): Promise<number>
  /** Hashes of the reports that carry evidence in scope. */
  reportsWith(scope: Scope): Promise<string[]>
  /** Notes which evidence a report carries that is issued now. Resolves with false where some of that was erased since: nothing is noted. */
  noteReport(reportHash: string, records: KeptReport['records']): Promise<boolean>
  /** A recorder says that it has no copy any more of what the erasure covers. */
  acknowledge(erasureId: string, recorderId: number, at: number): Promise<void>
  acknowledged(erasureId: string): Promise<{ recorderId: number; at: number }[]>
  putHold(hold: LegalHold): Promise<void>
  holds(): Promise<LegalHold[]>
  /** Leaves no byte of what was erased in any file of the store. Rejects STORE_BUSY while a reader prevents it. */
  scrub(): Promise<void>
}
