/** @module How many files may be under way: in all, and for one address. */
import { refuse } from '../errors.ts'

const MAX_AT_ONCE = 8
/** A stranger who reads slowly leaves places to others. */
const MAX_OF_ONE = 2

export class Places {
  /** Whose each place is. */
  readonly #taken: string[] = []
  readonly #what: string

  /** `what` is under way, for people: exports. */
  constructor(what: string) {
    this.#what = what
  }

  /** Returns what gives the place back, once. Throws EXPORTS_BUSY. */
  take(address: string): () => void {
    const own = this.#taken.filter((one) => one === address).length
    if (this.#taken.length >= MAX_AT_ONCE)
      refuse('EXPORTS_BUSY', `${MAX_AT_ONCE} ${this.#what} are under way. Ask again soon.`)
    if (own >= MAX_OF_ONE)
      refuse('EXPORTS_BUSY', `${own} ${this.#what} of yours are under way. Ask again when one has ended.`)
    this.#taken.push(address)
    let isOver = false
    return () => {
      if (!isOver) this.#taken.splice(this.#taken.indexOf(address), 1)
      isOver = true
    }
  }
}
