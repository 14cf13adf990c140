/**
 * @module How the oldest record that waits for the chain grows older, and so when it will have waited too long: told while
 * somebody can still act. Pure but for its memory.
 */

const SAMPLE_MS = 10_000
const SAMPLES = 60
/** Slower than this, or younger: the ups and downs of batches. */
const RISING = 0.05
const OLD_SECONDS = 120

interface Sample {
  atMs: number
  /** Seconds. */
  age: number
}

export class AgeTrend {
  /** Of the last ten minutes, the oldest first. */
  #samples: Sample[] = []

  /** `age` is in seconds, 0 when nothing waits. */
  note(atMs: number, age: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && atMs - last.atMs < SAMPLE_MS) return
    this.#samples = [...this.#samples, { atMs, age }].slice(-SAMPLES)
  }

  /** Seconds until the age reaches `limit` if it goes on as in the last ten minutes; null while it does not rise. */
  secondsUntil(limit: number): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.age < OLD_SECONDS) return null
    if (last.age >= limit) return 0
    const seconds = (last.atMs - first.atMs) / 1_000
    const rate = seconds === 0 ? 1 : (last.age - first.age) / seconds
    return rate < RISING ? null : Math.round((limit - last.age) / rate)
  }
}
