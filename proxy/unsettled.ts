/** @module What still goes on for connections that have ended: it is waited for before the proxy ends. */

export class Unsettled {
  readonly #going = new Set<Promise<void>>()

  /** `work` must end by itself, and never reject. */
  add(work: Promise<void>): void {
    this.#going.add(work)
    void work.finally(() => this.#going.delete(work))
  }

  /** Resolves when all of it has ended. */
  async end(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going)
  }
}
