/**
 * @module Resting under load. Sender, proxy and broker wake one another for every message or two, and the kernel's share
 * of that is nine tenths of the work. A pause of some microseconds, at most one a turn of the event loop, lets the next
 * chunks grow and saves system calls for all three. Below 64 packets a millisecond there is none.
 */
import { performance } from 'node:perf_hooks'

const PACKETS_PER_MS = 64
const REST_MS = 0.02
/** A chunk of this size needs no help to grow. */
const LARGE_BYTES = 16 * 1024

export class Rest {
  readonly #cell = new Int32Array(new SharedArrayBuffer(4))
  #packets = 0
  #since = 0
  #isBusy = false
  #hasRested = false

  /** Called after each chunk, with what it held. */
  after(packets: number, bytes: number): void {
    this.#packets += packets
    const now = performance.now()
    const span = now - this.#since
    if (span >= 1) {
      this.#isBusy = this.#packets > PACKETS_PER_MS * span
      this.#since = now
      this.#packets = 0
    }
    if (!this.#isBusy || this.#hasRested || bytes > LARGE_BYTES) return
    this.#hasRested = true
    setImmediate(() => {
      this.#hasRested = false
    })
    Atomics.wait(this.#cell, 0, 0, REST_MS)
  }
}
