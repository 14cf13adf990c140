/**
 * @module The bans in force, ours and those that other proxies recorded. What is told twice, late or out of order ends
 * in the same state, so re-reading the chain does no harm.
 */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { ZERO_ADDRESS } from '../../domain/bytes.ts'
import type { BanKeys } from './ban-keys.ts'
import { type BanTarget, banMessage, WALLET_BAN_ID } from './ban-target.ts'
import { MAX_BAN_MS } from './schema.ts'

/** As recorded: an account, or the pseudonym of what has none. */
export interface BanPlace {
  account: Address
  topicId: Bytes32
}

export interface Ban extends BanPlace {
  /** Unix seconds. */
  firstAt: number
  /** Exclusive. */
  until: number
  /** Whom this proxy banned, in clear: for its operator, and only here, for as long as the ban. */
  target?: BanTarget
}

/** Far more than honest rules make; the oldest makes room. */
const MAX_BANS = 100_000
/** Characters of a client id; longer ones are refused anyway. */
const MAX_SHOWN = 256

export class Bans {
  readonly #keys: BanKeys
  readonly #bans = new Map<string, Ban>()
  /** Unix seconds at which a ban was lifted, until every ban from before has ended anyway. */
  readonly #lifted = new Map<string, number>()

  constructor(keys: BanKeys) {
    this.#keys = keys
  }

  /** Returns where a ban made now stands. Undefined: no network, so nobody to ban. */
  placeOf(target: BanTarget, nowMs: number): BanPlace | undefined {
    if (target.kind === 'wallet' && target.clientId === undefined)
      return { account: target.wallet, topicId: WALLET_BAN_ID }
    const message = banMessage(target)
    return message && { account: ZERO_ADDRESS, topicId: this.#keys.pseudonym(message, nowMs) }
  }

  add(ban: Ban): void {
    const key = keyOf(ban)
    if (ban.until - ban.firstAt > MAX_BAN_MS / 1_000 || ban.firstAt <= (this.#lifted.get(key) ?? 0)) return
    const before = this.#bans.get(key)
    if ((before?.until ?? 0) >= ban.until) return
    const target = ban.target ?? before?.target // the chain tells us our own too, without it
    this.#bans.set(key, target === undefined ? ban : { ...ban, target: shown(target) })
    if (this.#bans.size <= MAX_BANS) return
    this.#forgetEnded(ban.firstAt * 1_000)
    if (this.#bans.size > MAX_BANS) this.#bans.delete(this.#bans.keys().next().value ?? '')
  }

  lift(place: BanPlace, at: number): void {
    const key = keyOf(place)
    this.#lifted.set(key, Math.max(at, this.#lifted.get(key) ?? 0))
    if ((this.#bans.get(key)?.firstAt ?? Number.POSITIVE_INFINITY) <= at) this.#bans.delete(key)
  }

  /** Returns the ban on this target that is in force, under any key that may still count. */
  find(target: BanTarget, nowMs: number): Ban | undefined {
    if (this.#bans.size === 0) return undefined
    const found = this.#placesOf(target, nowMs).map((place) => this.#bans.get(keyOf(place)))
    return found.find((ban) => ban !== undefined && ban.until * 1_000 > nowMs)
  }

  list(nowMs: number): Ban[] {
    this.#forgetEnded(nowMs)
    return [...this.#bans.values()]
  }

  #placesOf(target: BanTarget, nowMs: number): BanPlace[] {
    if (target.kind === 'wallet' && target.clientId === undefined)
      return [{ account: target.wallet, topicId: WALLET_BAN_ID }]
    const message = banMessage(target)
    const pseudonyms = message === undefined ? [] : this.#keys.pseudonyms(message, nowMs)
    return pseudonyms.map((topicId) => ({ account: ZERO_ADDRESS, topicId }))
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { until }] of this.#bans) if (until * 1_000 <= nowMs) this.#bans.delete(key)
    for (const [key, at] of this.#lifted) if (at * 1_000 + MAX_BAN_MS <= nowMs) this.#lifted.delete(key)
  }
}

/** A stranger's client id may have 64 KB. */
const shown = (target: BanTarget): BanTarget =>
  (target.clientId?.length ?? 0) <= MAX_SHOWN
    ? target
    : { ...target, clientId: `${target.clientId?.slice(0, MAX_SHOWN)}…` }

const keyOf = ({ account, topicId }: BanPlace): string => `${account}:${topicId}`
