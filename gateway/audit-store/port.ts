/**
 * @module What the resolvers ask of the indexed history. One small port, so that the engine and Graph Node can both
 * answer it, and one suite holds them equal.
 */
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'

export interface AuditTopic {
  id: Bytes32
  filter: string
  owner?: Address
  registeredAt: number
  registeredBy: Address
  cursor: bigint
}

export interface AuditGrant {
  number: bigint
  right: 'PUBLISH' | 'SUBSCRIBE'
  topicId: Bytes32
  grantee: Address
  grantor: Address
  lawfulBasis: string
  purpose: Bytes32
  /** Unix seconds. */
  since: number
  until: number
  endedAt?: number
  endedBy?: Address
  cursor: bigint
}

export interface AuditRecord {
  id: Hex
  cursor: bigint
  recorder: bigint
  sequence: bigint
  action: string
  outcome: string
  denialReason: string
  sealed: boolean
  account: Address
  topicId: Bytes32
  grant: bigint
  firstAt: number
  lastAt: number
  count: number
  countIsLowerBound: boolean
  transaction: Bytes32
  block: AuditBlock
}

export interface AuditBatch {
  firstSequence: bigint
  count: number
  recordsHash: Bytes32
  evidenceRoot: Bytes32
  through: number
  builtAt: number
  head: Bytes32
  transaction: Bytes32
}

export interface AuditRecorder {
  number: bigint
  address: Address
  state: string
  addedAt: number
  endedAt?: number
  nextSequence: bigint
  through: number
  head: Bytes32
}

export interface AuditBlock {
  number: number
  hash: Bytes32
  time: number
}

/** Which records can be about a topic, by what the chain says of them. */
export interface RecordScope {
  /** Topics whose every record can. */
  topicIds: readonly Bytes32[]
  /** Topics whose records can unless a grant decided: a grant on a literal topic reaches its own name alone. */
  withoutGrant: readonly Bytes32[]
  /** Whether accesses that name no topic can too: nothing registered was above what they asked for. */
  unnamed: boolean
}

export interface RecordFilter {
  account?: Address
  scope?: RecordScope
  topicId?: Bytes32
  action?: string
  outcome?: string
  denialReason?: string
  /** Unix seconds: went on at or after. */
  from?: number
  /** Unix seconds: began at or before. */
  to?: number
  recorder?: bigint
}

/** A page, newest first. */
export interface Page {
  first: number
  /** Only what stands before this cursor. */
  before?: bigint
  /** As of this block, included. */
  block: number
}

export interface AuditStatus {
  head: AuditBlock | undefined
  chainHeight: number | undefined
  trouble: string | undefined
}

export interface AuditStore {
  status(): Promise<AuditStatus>
  records(filter: RecordFilter, page: Page): Promise<AuditRecord[]>
  topics(filter: { owner?: Address }, page: Page): Promise<AuditTopic[]>
  topic(id: Bytes32, block: number): Promise<AuditTopic | undefined>
  grant(number: bigint, block: number): Promise<AuditGrant | undefined>
  /** Newest first. */
  grants(filter: { topicId?: Bytes32; grantee?: Address }, page: Page): Promise<AuditGrant[]>
  recorders(block: number): Promise<AuditRecorder[]>
  recorder(number: bigint, block: number): Promise<AuditRecorder | undefined>
  /** The recorder's batches in a transaction, in their order. */
  batches(transaction: Bytes32, recorder: bigint): Promise<AuditBatch[]>
  /** The last block of the history at or before a time. */
  blockAtOrBefore(time: number): Promise<AuditBlock | undefined>
  /** The last block of the history at or below a number: the history is the same at both. */
  blockUpTo(number: number): Promise<AuditBlock | undefined>
  /** When a block was made, Unix seconds, whether or not the history holds it. Rejects when the chain is asked in vain. */
  blockTime(number: number): Promise<number | undefined>
}
