/** @module Who owns topics at all, without a look at each of them. Pure. */
import type { Address } from './bytes.ts'

export class Owners {
  readonly #topics = new Map<Address, number>()

  has(account: Address): boolean {
    return this.#topics.has(account)
  }

  /** A topic of `before` is one of `after` now; undefined: it had no owner, or has none. */
  move(before: Address | undefined, after: Address | undefined): void {
    if (before === after) return
    if (before !== undefined) this.#add(before, -1)
    if (after !== undefined) this.#add(after, 1)
  }

  #add(account: Address, by: number): void {
    const topics = (this.#topics.get(account) ?? 0) + by
    if (topics === 0) this.#topics.delete(account)
    else this.#topics.set(account, topics)
  }
}
