/**
 * @module The rights of every account, found by where they lie: an account that strangers shower with grants pays for
 * those along the name that is asked for, not for all of them. Pure.
 */
import type { Address, Bytes32 } from './bytes.ts'
import type { Grant } from './contract-state.ts'
import type { Right } from './enums.ts'
import { literalAncestry } from './topic-filter.ts'

/** The latest right of each kind on one topic. */
interface Held {
  granted?: Grant
  bought?: Grant
}

type ByPrefix = Map<string, Map<Bytes32, Held>>

export class Holdings {
  readonly #byHolder = new Map<string, ByPrefix>()

  /** Puts in a new right, or what has become of one. `prefix`: the topic's literal prefix. */
  set(grant: Grant, prefix: string): void {
    const held = this.#slot(grant, prefix)
    if (grant.bought === undefined) held.granted = grant
    else held.bought = grant
  }

  get(topicId: Bytes32, prefix: string, holder: { account: Address; right: Right }): Held {
    return this.#byHolder.get(keyOf(holder))?.get(prefix)?.get(topicId) ?? {}
  }

  /** Yields the rights on topics whose literal prefix is `literal` or above it, nearest first. */
  *along(literal: string, account: Address, right: Right): Generator<Grant> {
    const byPrefix = this.#byHolder.get(keyOf({ account, right }))
    if (byPrefix === undefined) return
    for (const prefix of literalAncestry(literal)) yield* rightsIn(byPrefix.get(prefix))
  }

  *of(account: Address, right: Right): Generator<Grant> {
    for (const byTopic of this.#byHolder.get(keyOf({ account, right }))?.values() ?? []) yield* rightsIn(byTopic)
  }

  *all(): Generator<Grant> {
    for (const byPrefix of this.#byHolder.values()) for (const byTopic of byPrefix.values()) yield* rightsIn(byTopic)
  }

  #slot(grant: Grant, prefix: string): Held {
    const byPrefix = entry(this.#byHolder, keyOf(grant), () => new Map() as ByPrefix)
    return entry(
      entry(byPrefix, prefix, () => new Map<Bytes32, Held>()),
      grant.topicId,
      (): Held => ({}),
    )
  }
}

const keyOf = ({ account, right }: { account: Address; right: Right }): string => `${account}:${right}`

function* rightsIn(byTopic: Map<Bytes32, Held> | undefined): Generator<Grant> {
  for (const { granted, bought } of byTopic?.values() ?? []) {
    if (granted !== undefined) yield granted
    if (bought !== undefined) yield bought
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}
