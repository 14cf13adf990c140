/**
 * @module What the recorder may spend: never more in any hour than the operator's limit, whatever gas costs. Kept as text
 * in the journal, so that a process that dies and starts over does not begin with a full purse. Pure.
 */

interface Spent {
  /** One transaction is one nonce: what is known later replaces what was feared. */
  nonce: number
  /** Unix milliseconds. */
  at: number
  wei: bigint
  gas: number
}

const HOUR_MS = 3_600_000

export class Spending {
  #spent: Spent[] = []
  readonly #clock: () => number

  /**
   * Continues what `text` tells; text that is none begins anew. A clock that is set back does not make spent what was
   * spent in the future: time stands still until it has caught up, and what an earlier process wrote counts as of now.
   */
  constructor(clock: () => number, text?: string) {
    let latest = clock()
    this.#clock = () => {
      latest = Math.max(latest, clock())
      return latest
    }
    this.#spent = text === undefined ? [] : parse(text, latest)
  }

  note(nonce: number, wei: bigint, gas: number): void {
    this.#forgetOld()
    this.#spent = this.#spent.filter((spent) => spent.nonce !== nonce)
    if (wei > 0n) this.#spent.push({ nonce, at: this.#clock(), wei, gas })
  }

  lastHour(): { wei: bigint; gas: number } {
    this.#forgetOld()
    return this.#spent.reduce((sum, { wei, gas }) => ({ wei: sum.wei + wei, gas: sum.gas + gas }), { wei: 0n, gas: 0 })
  }

  countedFor(nonce: number): bigint {
    return this.#spent.find((spent) => spent.nonce === nonce)?.wei ?? 0n
  }

  /** Returns what may be spent now, by the transaction of `nonce` in place of what it was feared to cost. */
  left(limit: bigint, nonce?: number): bigint {
    const wei = this.lastHour().wei - (nonce === undefined ? 0n : this.countedFor(nonce))
    return wei >= limit ? 0n : limit - wei
  }

  /** Returns milliseconds until `wei` more may be spent; infinite when it is more than the limit itself. */
  waitFor(wei: bigint, limit: bigint): number {
    if (wei > limit) return Number.POSITIVE_INFINITY
    let left = this.left(limit)
    if (wei <= left) return 0
    for (const { at, wei: freed } of this.#spent) {
      left += freed
      if (wei <= left) return at + HOUR_MS - this.#clock()
    }
    return HOUR_MS
  }

  toString(): string {
    return JSON.stringify(this.#spent.map(({ nonce, at, wei, gas }) => [nonce, at, wei.toString(), gas]))
  }

  #forgetOld(): void {
    const now = this.#clock()
    this.#spent = this.#spent.filter(({ at }) => at > now - HOUR_MS)
  }
}

function parse(text: string, now: number): Spent[] {
  try {
    const rows = JSON.parse(text) as [number, number, string, number][]
    return rows.map(([nonce, at, wei, gas]) => ({ nonce, at: Math.min(at, now), wei: BigInt(wei), gas }))
  } catch {
    return []
  }
}
