/** @module How a decision becomes an entry: when it was, how it is captured, and whether it is sealed. */
import type { Access, Capture, ChooseCapture, Use } from '../port.ts'
import type { EntryState } from './entry.ts'

export interface DecidingOptions {
  /** Recorded time begins here: Unix milliseconds. */
  notBeforeMs: number
  capture: ChooseCapture
  clock: () => number
}

export class Deciding {
  /** The operator's rules in force. */
  capture: ChooseCapture
  /** What topics' terms want sealed beside the rules: the stricter wins. */
  isSealed: (access: Access, name: string) => boolean = () => false
  readonly #clock: () => number
  #lastMs: number
  #turnMs = 0

  constructor({ notBeforeMs, capture, clock }: DecidingOptions) {
    this.#lastMs = notBeforeMs
    this.capture = capture
    this.#clock = clock
  }

  /** Unix milliseconds, never before the last recorded: recorded time does not go back when the clock does. */
  readonly now = (): number => {
    this.#lastMs = Math.max(this.#lastMs, this.#clock())
    return this.#lastMs
  }

  /** The same for all that is counted in one go: thousands of uses need no thousand looks at the clock. */
  readonly turnNow = (): number => {
    if (this.#turnMs !== 0) return this.#turnMs
    queueMicrotask(() => {
      this.#turnMs = 0
    })
    this.#turnMs = this.now()
    return this.#turnMs
  }

  captureOf(access: Access, name: string): Capture {
    const capture = this.capture(access, name)
    const isSealed = capture.isSealed || access.isSealed === true || this.isSealed(access, name)
    return isSealed ? { ...capture, isSealed } : capture
  }

  single(given: Access): EntryState {
    const {
      connectionId: _connection,
      network: _network,
      isSealed: _isSealed,
      isCrowded: _isCrowded,
      evidence,
      ...access
    } = given
    const now = this.now()
    const { isSealed } = this.captureOf(given, evidence.names?.[0]?.name ?? '')
    return { access, evidence, firstMs: now, lastMs: now, count: 1, ...(isSealed ? { isSealed } : {}) }
  }

  /** As of now: an announcement says nothing of when it will happen. */
  announced(access: Access, { name, bytes, qos }: Use, count: 0 | 1): EntryState {
    const counts: [number, number, number] = [0, 0, 0]
    counts[qos] = count
    const evidence = { ...access.evidence, names: [{ name, count }], bytes: bytes * count, qos: counts }
    return { ...this.single({ ...access, evidence }), count }
  }
}
