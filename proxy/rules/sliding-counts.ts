/**
 * @module How often something happened lately, for each of many keys, in bounded memory: strangers choose the keys. The
 * window slides in eighths, so it is never longer than it says. Pure but for its memory.
 */

const SLICES = 8
/** Some 3 MB a rule. Beyond it the key that was quiet longest is forgotten. */
const MAX_KEYS = 16_384

interface Counted {
  /** One count a slice, at the slice's number modulo SLICES. */
  counts: Uint32Array
  /** The slice that was written last. */
  slice: number
}

export class SlidingCounts {
  readonly #sliceMs: number
  readonly #byKey = new Map<string, Counted>()

  constructor(windowMs: number) {
    this.#sliceMs = Math.max(1, windowMs / SLICES)
  }

  /** Counts one more. Returns how many there were within the window, this one included. */
  add(key: string, nowMs: number): number {
    const counted = this.#byKey.get(key) ?? this.#make()
    this.#byKey.delete(key)
    this.#byKey.set(key, counted) // the youngest now
    this.#slide(counted, nowMs)
    counted.counts[counted.slice % SLICES]!++
    return sum(counted)
  }

  /** Returns how many there were within the window. */
  count(key: string, nowMs: number): number {
    const counted = this.#byKey.get(key)
    if (counted === undefined) return 0
    this.#slide(counted, nowMs)
    return sum(counted)
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }

  get size(): number {
    return this.#byKey.size
  }

  #make(): Counted {
    if (this.#byKey.size >= MAX_KEYS) this.#byKey.delete(this.#byKey.keys().next().value ?? '')
    return { counts: new Uint32Array(SLICES), slice: 0 }
  }

  /** A clock that steps back counts on in the slice where it was. */
  #slide(counted: Counted, nowMs: number): void {
    const slice = Math.max(counted.slice, Math.floor(nowMs / this.#sliceMs))
    const passed = Math.min(SLICES, slice - counted.slice)
    for (let i = 1; i <= passed; i++) counted.counts[(slice - passed + i) % SLICES] = 0
    counted.slice = slice
  }
}

const sum = ({ counts }: Counted): number => counts.reduce((total, count) => total + count, 0)
