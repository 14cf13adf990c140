/** @module Counts for the operator: they say that something happened, not to whom. */

/** What happened, by name: nothing that is refused goes uncounted. */
export class Counters {
  readonly #counts = new Map<string, number>()

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
