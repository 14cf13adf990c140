/**
 * @module The view: the contract's state folded from its events, so that a decision needs no call to a node
 * (DESIGN section 6). Whoever holds the same events up to the same block holds the same view, and decides alike:
 * proxy, verifier and gateway. Pure.
 */
import type { Address, Bytes32, Hex } from './bytes.ts'
import type { ContractView, Grant, Recorder, Topic, ViewEvent, ViewState } from './contract-state.ts'
import { CountryRule, type Right } from './enums.ts'
import { fold } from './fold.ts'
import { Holdings } from './holdings.ts'
import { Owners } from './owners.ts'
import { Room, type Shortfall } from './room.ts'
import { isWildcard, literalAncestry, literalPrefix } from './topic-filter.ts'

export type { ContractView, Grant, Recorder, Topic, TopicTerms, ViewEvent } from './contract-state.ts'
export { VIEW_EVENTS } from './fold.ts'
export type { Shortfall } from './room.ts'

export class View implements ViewState {
  readonly #topics = new Map<string, Topic>()
  readonly #topicsById = new Map<Bytes32, Topic>()
  readonly #owners = new Owners()
  /** Filters of topics with a country rule or sealed, by literal prefix. */
  readonly #restricted = new Map<string, Set<string>>()
  readonly #sealed = new Set<Topic>()
  #sealedVersion = 0
  readonly #rights = new Holdings()
  readonly #recorders = new Map<Address, Recorder>()
  readonly #suspended = new Map<Address, number>()
  readonly #devices = new Map<string, number>()
  readonly #revokedCredentials = new Set<string>()
  readonly #room: Room

  /** `entriesPerName`: how many topics, and how many rights, are kept under one first-level name. */
  constructor(entriesPerName = Number.POSITIVE_INFINITY) {
    this.#room = new Room(entriesPerName)
  }

  topic(filter: string): Topic | undefined {
    return this.#topics.get(filter)
  }

  topicById(topicId: Bytes32): Topic | undefined {
    return this.#topicsById.get(topicId)
  }

  grant(topicId: Bytes32, account: Address, right: Right): Grant | undefined {
    return this.#rights.get(topicId, this.#prefixOf(topicId), { account, right }).granted
  }

  bought(topicId: Bytes32, account: Address, right: Right): Grant | undefined {
    return this.#rights.get(topicId, this.#prefixOf(topicId), { account, right }).bought
  }

  rightsAlong(literal: string, account: Address, right: Right): Iterable<Grant> {
    return this.#rights.along(literal, account, right)
  }

  grantsOf(account: Address, right: Right): Iterable<Grant> {
    return this.#rights.of(account, right)
  }

  ownsTopic(account: Address): boolean {
    return this.#owners.has(account)
  }

  *restrictedAlong(literal: string): Generator<Topic> {
    if (this.#restricted.size === 0) return
    for (const prefix of literalAncestry(literal)) {
      for (const filter of this.#restricted.get(prefix) ?? []) yield this.#topics.get(filter)!
    }
  }

  sealedTopics(): ReadonlySet<Topic> {
    return this.#sealed
  }

  missingAt(literal: string): 'nothing' | 'rights' | 'topics' {
    return this.#room.at(literal)
  }

  shortfalls(): Shortfall[] {
    return this.#room.shortfalls()
  }

  get entriesPerName(): number {
    return this.#room.perName
  }

  /** Higher: what had no room before comes back only with a new fold. Lower: what is kept stays. */
  set entriesPerName(limit: number) {
    this.#room.perName = limit
  }

  /** Changes whenever a topic becomes sealed, or public again, or may be without our knowing. */
  get sealedVersion(): number {
    return this.#sealedVersion
  }

  recorder(address: Address): Recorder | undefined {
    return this.#recorders.get(address)
  }

  suspendedUntil(account: Address): number {
    return this.#suspended.get(account) ?? 0
  }

  deviceUntil(owner: Address, device: Address): number {
    return this.#devices.get(`${owner}:${device}`) ?? 0
  }

  isCredentialRevoked(wallet: Address, id: Hex): boolean {
    return this.#revokedCredentials.has(`${wallet}:${id}`)
  }

  /** Every registered topic, in the order of registration. */
  topics(): Iterable<Topic> {
    return this.#topics.values()
  }

  recorders(): Iterable<Recorder> {
    return this.#recorders.values()
  }

  /** Folds one event in. Events must come in chain order, each once. */
  apply(event: ViewEvent): void {
    fold(this, event)
  }

  /** Returns a view of its own: what a reorg rolls back to. Topics and rights are never changed, only replaced. */
  clone(): View {
    return View.restore(this.snapshot(), this.entriesPerName)
  }

  /** Returns the whole state as data; as JSON text through {@link viewReplacer}. */
  snapshot(): ViewSnapshot {
    return {
      topics: [...this.#topics.values()],
      grants: [...this.#rights.all()],
      recorders: [...this.#recorders.values()],
      suspended: [...this.#suspended],
      devices: [...this.#devices],
      revokedCredentials: [...this.#revokedCredentials],
      shortfalls: this.shortfalls(),
    }
  }

  static restore(snapshot: ViewSnapshot, entriesPerName?: number): View {
    const view = new View() // all that was kept has room
    for (const topic of snapshot.topics) view.putTopic(topic)
    for (const grant of snapshot.grants) view.putGrant(grant)
    for (const recorder of snapshot.recorders) view.putRecorder(recorder)
    for (const [account, until] of snapshot.suspended) view.#suspended.set(account, until)
    for (const [key, until] of snapshot.devices) view.#devices.set(key, until)
    for (const key of snapshot.revokedCredentials) view.#revokedCredentials.add(key)
    view.#room.restore(snapshot.shortfalls)
    if (entriesPerName !== undefined) view.entriesPerName = entriesPerName
    return view
  }

  putTopic(topic: Topic): void {
    const prefix = literalPrefix(topic.filter) ?? ''
    if (!this.#topics.has(topic.filter) && !this.#room.take(prefix, 'topics')) return this.#noteShortfall()
    this.#noteSealing(topic)
    this.#owners.move(this.#topics.get(topic.filter)?.owner, topic.owner)
    this.#topics.set(topic.filter, topic)
    this.#topicsById.set(topic.topicId, topic)
    const restricted = this.#restricted.get(prefix) ?? new Set()
    if (isRestricted(topic)) this.#restricted.set(prefix, restricted.add(topic.filter))
    else if (restricted.delete(topic.filter) && restricted.size === 0) this.#restricted.delete(prefix)
  }

  /** Topics are replaced, never changed: the one before makes room. */
  #noteSealing(topic: Topic): void {
    const before = this.#topics.get(topic.filter)
    const wasSealed = before !== undefined && this.#sealed.delete(before)
    const isSealed = topic.terms?.isSealed === true
    if (isSealed) this.#sealed.add(topic)
    if (wasSealed !== isSealed) this.#sealedVersion++
  }

  /** What replaces or ends a right that is kept always counts: nothing that was taken away is forgotten. */
  putGrant(grant: Grant): void {
    const topic = this.#topicsById.get(grant.topicId)
    if (topic === undefined) return // had no room: its name is closed, and this right gives nothing
    const prefix = literalPrefix(topic.filter) ?? ''
    const { granted, bought } = this.#rights.get(grant.topicId, prefix, grant)
    const isNew = (grant.bought === undefined ? granted : bought) === undefined
    if (isNew && !this.#room.take(prefix, 'rights')) return this.#noteShortfall()
    this.#rights.set(grant, prefix)
  }

  /** Sealing by terms looks at all topics and holders, and some are not known any more. */
  #noteShortfall(): void {
    this.#sealedVersion++
  }

  putRecorder(recorder: Recorder): void {
    this.#recorders.set(recorder.address, recorder)
  }

  suspend(account: Address, until: number): void {
    this.#suspended.set(account, until)
  }

  authorizeDevice(owner: Address, device: Address, until: number): void {
    this.#devices.set(`${owner}:${device}`, until)
  }

  revokeCredential(wallet: Address, id: Hex): void {
    this.#revokedCredentials.add(`${wallet}:${id}`)
  }

  #prefixOf(topicId: Bytes32): string {
    const filter = this.#topicsById.get(topicId)?.filter
    return filter === undefined ? '' : (literalPrefix(filter) ?? '')
  }
}

export interface ViewSnapshot {
  topics: Topic[]
  grants: Grant[]
  recorders: Recorder[]
  suspended: [Address, number][]
  devices: [string, number][]
  revokedCredentials: string[]
  shortfalls: Shortfall[]
}

const BIG = new Set(['publishPrice', 'subscribePrice', 'countries', 'price'])

/** For JSON.stringify and JSON.parse of a snapshot: amounts beyond 2^53 stand as decimal strings. */
export const viewReplacer = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value
export const viewReviver = (key: string, value: unknown): unknown => (BIG.has(key) ? BigInt(value as string) : value)

/** Returns the registered literal topic nearest at or above `literal`, a name or a literal filter. */
export function nearestLiteralTopic(view: Pick<ContractView, 'topic'>, literal: string): Topic | undefined {
  for (const prefix of literalAncestry(literal)) {
    const topic = view.topic(prefix)
    if (topic?.owner !== undefined) return topic
  }
  return undefined
}

/** Returns the literal topic whose owner owns `topic`: itself, or for a wildcard its longest registered literal prefix. */
export function anchorOf(view: Pick<ContractView, 'topic'>, topic: Topic): Topic | undefined {
  if (!isWildcard(topic.filter)) return topic
  const literal = literalPrefix(topic.filter)
  return literal === undefined ? undefined : nearestLiteralTopic(view, literal)
}

const isRestricted = ({ terms }: Topic): boolean =>
  terms !== undefined && (terms.isSealed || terms.countryRule !== CountryRule.ANYWHERE)
