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

  /** A newcomer asks a broker for the session. Returns what undoes it when he is refused. */
  challenge(clientId: string): () => void {
    const holder = this.#holders.get(clientId)
    if (holder === undefined) return () => {}
    holder.isBeingTakenOver = true
    return () => {
      holder.isBeingTakenOver = false
    }
  }

  /** The newcomer was let in. Returns what must be called at his end. */
  take(clientId: string, holder: SessionHolder): () => void {
    this.#holders.get(clientId)?.endTakenOver()
    this.#holders.set(clientId, holder)
    return () => {
      if (this.#holders.get(clientId) === holder) this.#holders.delete(clientId)
    }
  }
}
