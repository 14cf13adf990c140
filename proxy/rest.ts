/**
 * @module Resting under load. Sender, proxy and broker wake one another for every message or two, and the kernel's share
 * of that is nine tenths of the work. A pause of a fraction of a millisecond, at most one a turn of the event loop and
 * behind all that the turn had to do, lets the next chunks grow and saves system calls for all three. Below 64 packets a
 * millisecond there is none, nor where a turn has its hands full anyway.
 */
import { performance } from 'node:perf_hooks'

const PACKETS_PER_MS = 64
const REST_MS = 0.15
/** A turn that handled so much needs no help. */
const FULL_PACKETS = 24
const FULL_BYTES = 16 * 1024

export class Rest {
  readonly #cell = new Int32Array(new SharedArrayBuffer(4))
  readonly #end = (): void => this.#endTurn()
  #packets = 0
  #since = 0
  #isBusy = false
  #isInTurn = false
  #turnPackets = 0
  #turnBytes = 0

  /** Called after each chunk, with what it held. */
  after(packets: number, bytes: number): void {
    this.#packets += packets
    this.#turnPackets += packets
    this.#turnBytes += bytes
    if (this.#isInTurn) return
    this.#isInTurn = true
    const now = performance.now()
    const span = now - this.#since
    if (span >= 1) {
      this.#isBusy = this.#packets > PACKETS_PER_MS * span
      this.#since = now
      this.#packets = 0
    }
    setImmediate(this.#end)
  }

  #endTurn(): void {
    const isFull = this.#turnPackets >= FULL_PACKETS || this.#turnBytes >= FULL_BYTES
    this.#isInTurn = false
    this.#turnPackets = 0
    this.#turnBytes = 0
    if (this.#isBusy && !isFull) Atomics.wait(this.#cell, 0, 0, REST_MS)
  }
}
