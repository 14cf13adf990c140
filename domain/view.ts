/**
 * @module The view: the contract's state folded from its events, so that a decision needs no call to a node
 * (DESIGN section 6). Whoever holds the same events up to the same block holds the same view, and decides alike:
 * proxy, verifier and gateway. The fold never throws on an event that the contract can emit. Pure.
 */
import { type Address, type Bytes32, ZERO_ADDRESS } from './bytes.ts'
import { type LawfulBasis, RecorderState, type Right } from './enums.ts'
import { isWildcard, literalAncestry, literalPrefix, type TopicFilter } from './topic-filter.ts'

/** A registered topic filter. */
export interface Topic {
  topicId: Bytes32
  filter: TopicFilter
  /** Absent for a wildcard: it belongs to the owner of its longest registered literal prefix. */
  owner?: Address
  /** From the one counter that also numbers grants: no right granted under a lower number counts here. */
  since: number
}

export interface Grant {
  id: number
  topicId: Bytes32
  account: Address
  right: Right
  grantor: Address
  /** Unix seconds, exclusive. */
  until: number
  basis: LawfulBasis
  purpose: Bytes32
  /** Who ended it before its time. */
  endedBy?: Address
}

export interface Recorder {
  id: number
  address: Address
  state: RecorderState
}

/** The events that change the view, as `contracts/abi` decodes them; all others pass unseen. */
export type ViewEvent =
  | { name: 'TopicRegistered'; args: { topicId: Bytes32; owner: Address; since: number; filter: string } }
  | {
      name: 'GrantIssued'
      args: {
        topicId: Bytes32
        account: Address
        grantId: number
        grantor: Address
        right: number
        until: number
        basis: number
        purpose: Bytes32
      }
    }
  | {
      name: 'GrantEnded'
      args: { topicId: Bytes32; account: Address; grantId: number; sender: Address; right: number }
    }
  | { name: 'RecorderAdded'; args: { recorder: Address; recorderId: number } }
  | { name: 'RecorderRetired'; args: { recorder: Address; recorderId: number } }
  | { name: 'RecorderStopped'; args: { recorder: Address; recorderId: number } }

/** What `authorize` asks. */
export interface ContractView {
  topic(filter: string): Topic | undefined
  topicById(topicId: Bytes32): Topic | undefined
  grant(topicId: Bytes32, account: Address, right: Right): Grant | undefined
  /** The account's latest grant of `right` on each topic, ended ones too. */
  grantsOf(account: Address, right: Right): Iterable<Grant>
  recorder(address: Address): Recorder | undefined
}

const RECORDER_STATE = {
  RecorderAdded: RecorderState.ACTIVE,
  RecorderRetired: RecorderState.RETIRED,
  RecorderStopped: RecorderState.STOPPED,
} as const

export class View implements ContractView {
  readonly #topics = new Map<string, Topic>()
  readonly #topicsById = new Map<Bytes32, Topic>()
  readonly #grants = new Map<string, Map<Bytes32, Grant>>()
  readonly #recorders = new Map<Address, Recorder>()

  topic(filter: string): Topic | undefined {
    return this.#topics.get(filter)
  }

  topicById(topicId: Bytes32): Topic | undefined {
    return this.#topicsById.get(topicId)
  }

  grant(topicId: Bytes32, account: Address, right: Right): Grant | undefined {
    return this.#grants.get(holder(account, right))?.get(topicId)
  }

  grantsOf(account: Address, right: Right): Iterable<Grant> {
    return this.#grants.get(holder(account, right))?.values() ?? []
  }

  recorder(address: Address): Recorder | undefined {
    return this.#recorders.get(address)
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
    const { name, args } = event
    if (name === 'TopicRegistered') this.#register(args)
    else if (name === 'GrantIssued') this.#issue(args)
    else if (name === 'GrantEnded') this.#end(args)
    else if (Object.hasOwn(RECORDER_STATE, name)) this.#setRecorder(args, RECORDER_STATE[name])
  }

  /** Returns a view that shares nothing with this one: what a reorg rolls back to, and what a snapshot saves. */
  clone(): View {
    return View.restore(this.snapshot())
  }

  /** Returns the whole state as plain JSON. */
  snapshot(): ViewSnapshot {
    return {
      topics: [...this.#topics.values()].map((topic) => ({ ...topic })),
      grants: [...this.#grants.values()].flatMap((held) => [...held.values()].map((grant) => ({ ...grant }))),
      recorders: [...this.#recorders.values()].map((recorder) => ({ ...recorder })),
    }
  }

  static restore(snapshot: ViewSnapshot): View {
    const view = new View()
    for (const topic of snapshot.topics) view.#addTopic({ ...topic })
    for (const grant of snapshot.grants) view.#addGrant({ ...grant })
    for (const recorder of snapshot.recorders) view.#recorders.set(recorder.address, { ...recorder })
    return view
  }

  #register({ topicId, owner, since, filter }: EventArgs<'TopicRegistered'>): void {
    const topic: Topic = { topicId, filter: filter as TopicFilter, since }
    this.#addTopic(owner === ZERO_ADDRESS ? topic : { ...topic, owner })
  }

  #issue({ grantId, right, basis, ...rest }: EventArgs<'GrantIssued'>): void {
    const { topicId, account, grantor, until, purpose } = rest
    const grant = { topicId, account, grantor, until, purpose, id: grantId }
    this.#addGrant({ ...grant, right: right as Right, basis: basis as LawfulBasis })
  }

  #end({ topicId, account, right, grantId, sender }: EventArgs<'GrantEnded'>): void {
    const grant = this.grant(topicId, account, right as Right)
    if (grant?.id === grantId) this.#addGrant({ ...grant, endedBy: sender })
  }

  #setRecorder({ recorder, recorderId }: EventArgs<'RecorderAdded'>, state: RecorderState): void {
    this.#recorders.set(recorder, { id: recorderId, address: recorder, state })
  }

  #addTopic(topic: Topic): void {
    this.#topics.set(topic.filter, topic)
    this.#topicsById.set(topic.topicId, topic)
  }

  #addGrant(grant: Grant): void {
    const key = holder(grant.account, grant.right)
    const held = this.#grants.get(key) ?? new Map<Bytes32, Grant>()
    this.#grants.set(key, held.set(grant.topicId, grant))
  }
}

export interface ViewSnapshot {
  topics: Topic[]
  grants: Grant[]
  recorders: Recorder[]
}

type EventArgs<N extends ViewEvent['name']> = Extract<ViewEvent, { name: N }>['args']

const holder = (account: Address, right: Right): string => `${account}:${right}`

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
