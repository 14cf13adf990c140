/**
 * @module The time that identities, rights and silences end by. It never runs back: what has ended does not begin again
 * because somebody set the clock, and a clock that jumped ahead and was put right does no lasting harm.
 */
import { performance } from 'node:perf_hooks'

export class Clock {
  readonly #wall: () => number
  readonly #steady: () => number
  /** Wall clock minus steady clock, when this began. */
  readonly #offset: number

  constructor(wall: () => number = Date.now, steady: () => number = () => performance.now()) {
    this.#wall = wall
    this.#steady = steady
    this.#offset = wall() - steady()
  }

  /** Unix milliseconds: the later of the wall clock and of what has passed since the start. */
  nowMs(): number {
    return Math.max(this.#wall(), this.#steady() + this.#offset)
  }

  /** Unix seconds. */
  seconds(): number {
    return Math.floor(this.nowMs() / 1_000)
  }
}

/** The process's own. */
export const clock = new Clock()
