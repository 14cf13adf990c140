/**
 * @module What the resolvers ask of the indexed history. One small port, so that the engine and Graph Node can both
 * answer it, and one suite holds them equal.
 */
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'

export interface AuditTopic {
  id: Bytes32
  filter: string
  owner?: Address
  /** From the counter that also numbers grants. */
  since: bigint
  registeredAt: number
  registeredBy: Address
  terms: AuditTerms
  cursor: bigint
}

/** What a topic asks of those who use it. Offers and prices of an earlier owner do not count any more. */
export interface AuditTerms {
  /** From the counter; 0 when never set. */
  setAt: bigint
  sellsPublish: boolean
  sellsSubscribe: boolean
  /** Wei for one period. */
  publishPrice: bigint
  subscribePrice: bigint
  /** Seconds; 0 for ever. */
  period: number
  countryRule: string
  /** One bit a country (domain/country.ts). */
  countries: bigint
  sealed: boolean
}

export interface AuditWallet {
  address: Address
  /** Unix seconds, exclusive; 0 when never. */
  suspendedUntil: number
  /** Wei, of all time. */
  credited: bigint
  withdrawn: bigint
}

/** What an account was credited with. */
export interface AuditPayment {
  id: Hex
  account: Address
  topicId: Bytes32
  income: string
  /** Wei. */
  amount: bigint
  at: number
  transaction: Bytes32
  cursor: bigint
}

export interface PaymentFilter {
  account?: Address
  topicId?: Bytes32
  income?: string
  /** Unix seconds, both included. */
  from?: number
  to?: number
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
  /** Of a bought right, which belongs to the topic and survives its transfer: wei for one period, seconds. */
  bought?: { price: bigint; period: number }
  cursor: bigint
}

/** A key that may sign in for its owner. */
export interface AuditDeviceKey {
  owner: Address
  device: Address
  /** Unix seconds, exclusive; 0 once it was ended. */
  until: number
  authorizedAt: number
  cursor: bigint
}

/** Who may see evidence. */
export interface AuditAuditor {
  account: Address
  /** Zero: of all topics. */
  topicId: Bytes32
  /** Unix seconds, exclusive; 0 once it was ended. */
  until: number
  /** From the counter that also numbers grants: one for a topic lapses as the topic changes hands. */
  appointed: bigint
  appointedBy: Address
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
  recorder: bigint
  firstSequence: bigint
  count: number
  recordsHash: Bytes32
  evidenceRoot: Bytes32
  through: number
  builtAt: number
  head: Bytes32
  transaction: Bytes32
  block: AuditBlock
  cursor: bigint
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

/** A report whose hash was anchored. */
export interface AuditReport {
  hash: Bytes32
  kind: string
  issuer: Address
  issuedAt: number
  transaction: Bytes32
  block: bigint
  cursor: bigint
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
  sealed?: boolean
  /** Only what one of these grants decided. */
  grants?: readonly bigint[]
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

/** An index in this process answers at once, one elsewhere later; what is asked for each row may be either. */
export type PromiseOrValue<T> = T | Promise<T>

export interface AuditStore {
  status(): Promise<AuditStatus>
  records(filter: RecordFilter, page: Page): Promise<AuditRecord[]>
  topics(filter: { owner?: Address; isSealed?: boolean }, page: Page): Promise<AuditTopic[]>
  topic(id: Bytes32, block: number): PromiseOrValue<AuditTopic | undefined>
  /** Undefined for an account that the contract never named. */
  wallet(address: Address, block: number): PromiseOrValue<AuditWallet | undefined>
  /** Newest first. */
  payments(filter: PaymentFilter, page: Page): Promise<AuditPayment[]>
  grant(number: bigint, block: number): PromiseOrValue<AuditGrant | undefined>
  /** Newest first. */
  grants(filter: { topicId?: Bytes32; grantee?: Address }, page: Page): Promise<AuditGrant[]>
  /** An owner's, newest first. */
  deviceKeys(owner: Address, page: Page): Promise<AuditDeviceKey[]>
  /** Of one topic, or zero: of all topics; absent: each that there is. Newest first. */
  auditors(filter: { topicId?: Bytes32 }, page: Page): Promise<AuditAuditor[]>
  recorders(block: number): Promise<AuditRecorder[]>
  recorder(number: bigint, block: number): PromiseOrValue<AuditRecorder | undefined>
  /** The recorder's batches in a transaction, in their order. */
  batches(transaction: Bytes32, recorder: bigint): Promise<AuditBatch[]>
  /** The recorder's batches, newest first. */
  batchesOf(recorder: bigint, page: Page): Promise<AuditBatch[]>
  /** The records of a batch, in sequence order: all that the history holds of it. */
  recordsOf(batch: Pick<AuditBatch, 'recorder' | 'firstSequence' | 'count'>): Promise<AuditRecord[]>
  /** A report by its hash, as it was anchored first; undefined where it is not. */
  report(hash: Bytes32, block: number): Promise<AuditReport | undefined>
  /** Newest first. */
  reports(page: Page): Promise<AuditReport[]>
  /** The last block of the history at or before a time. */
  blockAtOrBefore(time: number): Promise<AuditBlock | undefined>
  /** The last block of the history at or below a number: the history is the same at both. */
  blockUpTo(number: number): Promise<AuditBlock | undefined>
  /** When a block was made, Unix seconds, whether or not the history holds it. Rejects when the chain is asked in vain. */
  blockTime(number: number): Promise<number | undefined>
}
