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
import { isWildcard, literalAncestry, literalPrefix } from './topic-filter.ts'

export type { ContractView, Grant, Recorder, Topic, TopicTerms, ViewEvent } from './contract-state.ts'
export { VIEW_EVENTS } from './fold.ts'

export class View implements ViewState {
  readonly #topics = new Map<string, Topic>()
  readonly #topicsById = new Map<Bytes32, Topic>()
  /** Filters of topics with a country rule or sealed, by literal prefix. */
  readonly #restricted = new Map<string, Set<string>>()
  readonly #sealed = new Set<Topic>()
  #sealedVersion = 0
  readonly #rights = new Holdings()
  readonly #recorders = new Map<Address, Recorder>()
  readonly #suspended = new Map<Address, number>()
  readonly #devices = new Map<string, number>()
  readonly #revokedCredentials = new Set<string>()

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

  *restrictedAlong(literal: string): Generator<Topic> {
    if (this.#restricted.size === 0) return
    for (const prefix of literalAncestry(literal)) {
      for (const filter of this.#restricted.get(prefix) ?? []) yield this.#topics.get(filter)!
    }
  }

  sealedTopics(): ReadonlySet<Topic> {
    return this.#sealed
  }

  /** Changes whenever a topic becomes sealed, or public again. */
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
    return View.restore(this.snapshot())
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
    }
  }

  static restore(snapshot: ViewSnapshot): View {
    const view = new View()
    for (const topic of snapshot.topics) view.putTopic(topic)
    for (const grant of snapshot.grants) view.putGrant(grant)
    for (const recorder of snapshot.recorders) view.putRecorder(recorder)
    for (const [account, until] of snapshot.suspended) view.#suspended.set(account, until)
    for (const [key, until] of snapshot.devices) view.#devices.set(key, until)
    for (const key of snapshot.revokedCredentials) view.#revokedCredentials.add(key)
    return view
  }

  putTopic(topic: Topic): void {
    this.#noteSealing(topic)
    this.#topics.set(topic.filter, topic)
    this.#topicsById.set(topic.topicId, topic)
    const prefix = literalPrefix(topic.filter) ?? ''
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

  putGrant(grant: Grant): void {
    this.#rights.set(grant, this.#prefixOf(grant.topicId))
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
