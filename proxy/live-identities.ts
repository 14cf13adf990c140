/**
 * @module Which live connections a change of the chain concerns: found by account, so that a block costs what it
 * touches and not what is connected.
 */
import type { Address } from '../domain/bytes.ts'
import type { ViewChange } from './chain/change.ts'

/** Looks at one connection again: its identity, and its shared subscriptions. */
export type Review = () => void

export class LiveIdentities {
  readonly #byAccount = new Map<Address, Set<Review>>()
  /** Those whose rights matter between packets: they hold shared subscriptions. */
  readonly #sharing = new Set<Review>()

  add(account: Address, review: Review): void {
    const reviews = this.#byAccount.get(account) ?? new Set()
    this.#byAccount.set(account, reviews.add(review))
  }

  remove(account: Address, review: Review): void {
    const reviews = this.#byAccount.get(account)
    if (reviews?.delete(review) === true && reviews.size === 0) this.#byAccount.delete(account)
    this.#sharing.delete(review)
  }

  setSharing(review: Review, isSharing: boolean): void {
    if (isSharing) this.#sharing.add(review)
    else this.#sharing.delete(review)
  }

  /** Reviews those whom the change may concern. A review may end its connection. */
  onChange({ accounts, topics }: ViewChange): void {
    const concerned = new Set<Review>(topics ? this.#sharing : [])
    const found = accounts === 'everybody' ? this.#byAccount.values() : [...accounts].map((a) => this.#byAccount.get(a))
    for (const reviews of found) for (const review of reviews ?? []) concerned.add(review)
    for (const review of concerned) review()
  }
}
