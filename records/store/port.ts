/**
 * @module The evidence store's port: what is kept off chain, found again and really forgotten. SQLite and PostgreSQL
 * stand behind it, and one suite holds them equal.
 */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { EvidenceReader, StoredEvidence } from '../port.ts'

/** Why a grant was given: text and salt of the commitment that it carries; both gone once erased. */
export interface StoredPurpose {
  commitment: Bytes32
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
  /** Unix seconds: accesses that ended at or before. */
  before: number
}

/** An order to forget. It is kept for ever: copies that turn up later, and restored backups, obey it too. */
export interface Erasure extends Scope {
  /** 16 random bytes as hex: the ERASE record's evidence holds its salted hash. */
  id: `0x${string}`
  /** GDPR Art. 17(1), or the storage limitation of Art. 5(1)(e). */
  ground: 'subject' | 'topic-owner' | 'retention'
  /** Unix seconds. */
  requestedAt: number
  /** Purposes of grants to the subject, by their commitments. */
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

export interface EvidenceStore extends EvidenceReader {
  /** Copies a batch's evidence; what is there stays as it is, erased or not. Durable when it resolves. */
  put(rows: readonly StoredEvidence[]): Promise<void>
  putPurpose(purpose: Required<StoredPurpose>): Promise<void>
  purpose(commitment: Bytes32): Promise<StoredPurpose | undefined>
  /** Keeps or replaces an erasure's order. */
  putErasure(erasure: Erasure): Promise<void>
  /** Every erasure, the oldest first. */
  erasures(): Promise<Erasure[]>
  /** Forgets text, salt, account and topic of what is in scope and under no hold. Resolves with how many records. */
  erase(scope: Scope): Promise<number>
  erasePurposes(commitments: readonly Bytes32[]): Promise<void>
  /** How many records in scope still have their evidence. */
  countOpen(scope: Scope): Promise<number>
  /** Hashes of the reports that carry evidence in scope. */
  reportsWith(scope: Scope): Promise<string[]>
  /** Notes which evidence an issued report carries. */
  noteReport(reportHash: string, records: readonly { recorderId: number; seq: number }[]): Promise<void>
  /** A recorder says that it has no copy any more of what the erasure covers. */
  acknowledge(erasureId: string, recorderId: number, at: number): Promise<void>
  acknowledged(erasureId: string): Promise<{ recorderId: number; at: number }[]>
  putHold(hold: LegalHold): Promise<void>
  holds(): Promise<LegalHold[]>
  /** Leaves no byte of what was erased in any file of the store. Rejects STORE_BUSY while a reader prevents it. */
  scrub(): Promise<void>
}
