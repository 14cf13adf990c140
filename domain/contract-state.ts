/** @module What the contract holds, in the words of the domain, and the events that change it. Types alone. */
import type { Address, Bytes32, Hex } from './bytes.ts'
import type { CountryRule, LawfulBasis, RecorderState, Right } from './enums.ts'
import type { Shortfall } from './room.ts'
import type { TopicFilter } from './topic-filter.ts'

/** A registered topic filter. */
export interface Topic {
  topicId: Bytes32
  filter: TopicFilter
  /** Absent for a wildcard: it belongs to the owner of its longest registered literal prefix. */
  owner?: Address
  /** From the one counter that also numbers grants: no right granted under a lower number counts here. */
  since: number
  terms?: TopicTerms
  /** A transfer that waits for acceptance. */
  proposal?: { to: Address; number: number }
}

export interface TopicTerms {
  /** From the counter: offers and prices count only while it is at least the anchor's `since`. */
  setAt: number
  /** Which rights are for sale: bits of {@link Right}. */
  offers: number
  /** Wei. */
  publishPrice: bigint
  subscribePrice: bigint
  /** Seconds that a purchase buys; 0 for ever. */
  period: number
  countryRule: CountryRule
  /** One bit a country (domain/country.ts). */
  countries: bigint
  isSealed: boolean
}

/** One right on one topic: granted, or bought. */
export interface Grant {
  id: number
  topicId: Bytes32
  account: Address
  right: Right
  /** Who gave it: for a bought right the topic's owner at the time. */
  grantor: Address
  /** Unix seconds, exclusive. */
  until: number
  basis: LawfulBasis
  purpose: Bytes32
  /** Only of a bought right, which belongs to the topic and survives its transfer. Wei for one period; 0 for ever. */
  bought?: { price: bigint; period: number }
  /** Who ended it before its time. */
  endedBy?: Address
}

export interface Recorder {
  id: number
  address: Address
  state: RecorderState
}

interface EventTable {
  TopicRegistered: { topicId: Bytes32; owner: Address; since: number; filter: string }
  TermsSet: { topicId: Bytes32; countryRule: number } & Omit<TopicTerms, 'countryRule'>
  TransferProposed: { topicId: Bytes32; to: Address; proposal: number }
  TopicTransferred: { topicId: Bytes32; to: Address; since: number }
  GrantIssued: GrantEvent & { grantor: Address; basis: number; purpose: Bytes32; until: number }
  RightBought: GrantEvent & { seller: Address; until: number; price: bigint; period: number; purpose: Bytes32 }
  GrantEnded: GrantEvent & { sender: Address }
  DeviceAuthorized: { owner: Address; device: Address; until: number }
  CredentialRevoked: { wallet: Address; id: Hex }
  AccountSuspended: { account: Address; until: number }
  RecorderAdded: { recorder: Address; recorderId: number }
  RecorderRetired: { recorder: Address; recorderId: number }
  RecorderStopped: { recorder: Address; recorderId: number }
}

interface GrantEvent {
  topicId: Bytes32
  account: Address
  grantId: number
  right: number
}

/** The events that change the view, as `contracts/abi` decodes them; all others pass unseen. */
export type ViewEvent = { [N in keyof EventTable]: { name: N; args: EventTable[N] } }[keyof EventTable]
export type ViewEventName = keyof EventTable
export type ViewEventArgs<N extends ViewEventName> = EventTable[N]

/** What `authorize` and the proxy ask. */
export interface ContractView {
  topic(filter: string): Topic | undefined
  topicById(topicId: Bytes32): Topic | undefined
  /** The latest granted right, ended or not. */
  grant(topicId: Bytes32, account: Address, right: Right): Grant | undefined
  /** The latest bought right, ended or not. */
  bought(topicId: Bytes32, account: Address, right: Right): Grant | undefined
  /** The account's rights, granted and bought, ended ones too, on topics whose literal prefix is `literal` or above it. */
  rightsAlong(literal: string, account: Address, right: Right): Iterable<Grant>
  /** All of the account's rights of this kind. */
  grantsOf(account: Address, right: Right): Iterable<Grant>
  ownsTopic(account: Address): boolean
  /** Topics with a country rule or sealed, whose literal prefix is `literal` or above it. */
  restrictedAlong(literal: string): Iterable<Topic>
  /** Every topic whose records are sealed. */
  sealedTopics(): ReadonlySet<Topic>
  /** What this view had no room for under the first-level name of `literal`: rights, or topics too, or nothing. */
  missingAt(literal: string): 'nothing' | 'rights' | 'topics'
  /** The same of all names. */
  shortfalls(): Shortfall[]
  recorder(address: Address): Recorder | undefined
  recorders(): Iterable<Recorder>
  /** Unix seconds, exclusive; 0 when never. */
  suspendedUntil(account: Address): number
  /** Until when `device` signs in for `owner`: Unix seconds, exclusive; 0 when never or no longer. */
  deviceUntil(owner: Address, device: Address): number
  isCredentialRevoked(wallet: Address, id: Hex): boolean
}

/** What the fold writes to. */
export interface ViewState extends ContractView {
  putTopic(topic: Topic): void
  putGrant(grant: Grant): void
  putRecorder(recorder: Recorder): void
  suspend(account: Address, until: number): void
  authorizeDevice(owner: Address, device: Address, until: number): void
  revokeCredential(wallet: Address, id: Hex): void
}
