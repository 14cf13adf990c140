/**
 * @module Which connection of this proxy holds which session at the brokers, by client id as the brokers know it. Who
 * comes again under the same name ends the former connection, at whichever broker that was served. [MQTT-3.1.4-3]
 */

export interface SessionHolder {
  /** While true, losing the broker means that the broker let the newcomer in. */
  isBeingTakenOver: boolean
  /** Ends it as taken over; its Will fires. */
  endTakenOver(): void
}

export class SessionHolders {
  readonly #holders = new Map<string, SessionHolder>()
  readonly #asking = new Map<string, number>()
  readonly #leaving = new Map<string, Promise<unknown>>()

  /** A newcomer asks a broker for the session. Returns what undoes it when he is refused. */
  challenge(clientId: string): () => void {
    this.#asking.set(clientId, (this.#asking.get(clientId) ?? 0) + 1)
    const holder = this.#holders.get(clientId)
    if (holder !== undefined) holder.isBeingTakenOver = true
    return () => {
      this.#stopAsking(clientId)
      if (holder !== undefined) holder.isBeingTakenOver = false
    }
  }

  /** Something is said about the session at a broker until `work`, which never rejects, ends: whoever comes meanwhile waits for it. */
  leave(clientId: string, work: Promise<unknown>): void {
    const all = Promise.all([this.#leaving.get(clientId), work])
    this.#leaving.set(clientId, all)
    void all.then(() => this.#leaving.get(clientId) === all && this.#leaving.delete(clientId))
  }

  /** Resolves when nothing of before is said about the session any more; undefined: that is so now. */
  left(clientId: string): Promise<unknown> | undefined {
    return this.#leaving.get(clientId)
  }

  /** By who is in service, or by who asks a broker for it. */
  isHeld(clientId: string): boolean {
    return this.#holders.has(clientId) || this.#asking.has(clientId)
  }

  /** The newcomer was let in. Returns what must be called at his end. */
  take(clientId: string, holder: SessionHolder): () => void {
    this.#stopAsking(clientId)
    this.#holders.get(clientId)?.endTakenOver()
    this.#holders.set(clientId, holder)
    return () => {
      if (this.#holders.get(clientId) === holder) this.#holders.delete(clientId)
    }
  }

  #stopAsking(clientId: string): void {
    const left = (this.#asking.get(clientId) ?? 0) - 1
    if (left > 0) this.#asking.set(clientId, left)
    else this.#asking.delete(clientId)
  }
}
