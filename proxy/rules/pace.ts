/**
 * @module How fast one device is read. Beyond its rate the socket rests, so that TCP slows the sender: nothing is refused,
 * nothing grows, and nobody else waits. A second's worth may come at once.
 */

export interface Rates {
  /** A second. */
  packetsPerSecond: number
  publishPerSecond: number
}

/** A shorter rest is added to the next one. */
const MIN_REST_MS = 5

class Bucket {
  #left = Number.POSITIVE_INFINITY
  #filledAt = 0

  /** Takes `count`. Returns for how many milliseconds it is overdrawn. */
  take(count: number, rate: number, nowMs: number): number {
    if (!Number.isFinite(rate)) return 0
    const passed = Math.max(0, nowMs - this.#filledAt)
    this.#filledAt = nowMs
    this.#left = Math.min(rate, this.#left + (passed * rate) / 1_000) - count
    return this.#left >= 0 ? 0 : (-this.#left / rate) * 1_000
  }
}

export class Pace {
  readonly #packets = new Bucket()
  readonly #publishes = new Bucket()

  /** Returns for how many milliseconds the device should not be read. */
  rest(sent: { packets: number; publishes: number }, rates: Rates, nowMs: number): number {
    const forPackets = this.#packets.take(sent.packets, rates.packetsPerSecond, nowMs)
    const forPublishes = this.#publishes.take(sent.publishes, rates.publishPerSecond, nowMs)
    const rest = Math.max(forPackets, forPublishes)
    return rest < MIN_REST_MS ? 0 : rest
  }
}
