/**
 * @module Wallets that never held a right and own no topic. Making a key costs nothing and a record costs gas, so what they
 * and attempts that prove nothing cause together is bounded; whom somebody granted a right, which cost gas, is never held
 * back for their sake.
 */
import { type Address, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Right } from '../../domain/enums.ts'
import type { ContractView } from '../../domain/view.ts'
import type { Access } from '../../records/port.ts'
import { networkOf } from '../address.ts'
import { SlidingCounts } from './sliding-counts.ts'

export interface NewcomersOptions {
  /** Read at each question: a reload changes them. */
  limits: { newcomersPerMinute: number; newcomersPerAddress: number }
  /** As of the newest block: a right that a block is still to confirm counts. */
  view: () => Pick<ContractView, 'grantsOf' | 'ownsTopic'>
  /** Whether records wait too long for the chain already: then there is no room. */
  isBehind: () => boolean
  /** Unix milliseconds. */
  now: () => number
}

const MINUTE_MS = 60_000
/** All of them together; no network has this name. */
const SUM = ''

export class Newcomers {
  readonly #options: NewcomersOptions
  readonly #counts = new SlidingCounts(MINUTE_MS)
  readonly #unproved = new SlidingCounts(MINUTE_MS)

  constructor(options: NewcomersOptions) {
    this.#options = options
  }

  /** Returns true for a proven wallet that can do nothing here: rights that ended count as rights. */
  isOne(account: Address): boolean {
    if (account === ZERO_ADDRESS) return false
    const view = this.#options.view()
    if (view.ownsTopic(account)) return false
    for (const right of [Right.PUBLISH, Right.SUBSCRIBE]) for (const _ of view.grantsOf(account, right)) return false
    return true
  }

  /** Whether somebody proven must wait: a key costs nothing, and letting its holder in a record. */
  mustWait(account: Address, network: string): boolean {
    return this.isOne(account) && !this.hasRoom(network)
  }

  /** Whether one more record of its own has room. `network`: /32 or /64 as text. */
  hasRoom(network: string): boolean {
    const { limits, now, isBehind } = this.#options
    if (isBehind()) return false
    const at = now()
    const isWithin = (key: string, limit: number): boolean => this.#counts.count(key, at) < limit
    return isWithin(SUM, limits.newcomersPerMinute) && isWithin(network, limits.newcomersPerAddress)
  }

  /**
   * The same of attempts that prove nothing: a network whose record is open has room, a new one while there is some in sum.
   * False: it is told among all others.
   */
  takeUnproved({ action, denialReason, network }: Access): boolean {
    if (this.#options.isBehind()) return false
    const at = this.#options.now()
    const key = `${action} ${denialReason} ${network}`
    if (this.#unproved.count(key, at) > 0) return true
    if (this.#unproved.count(SUM, at) >= this.#options.limits.newcomersPerMinute) return false
    for (const counted of [SUM, key]) this.#unproved.add(counted, at)
    return true
  }

  /** Takes the room for the record of a newcomer. False: there is none. */
  take({ evidence }: Pick<Access, 'evidence'>): boolean {
    const network = networkOf(evidence.address ?? '')
    if (!this.hasRoom(network)) return false
    const at = this.#options.now()
    for (const key of [SUM, network]) this.#counts.add(key, at)
    return true
  }
}
