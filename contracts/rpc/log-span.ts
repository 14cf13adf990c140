/**
 * @module How many blocks at once an endpoint gives logs of. Nodes tell it by refusing, each in its own words: what was
 * learnt is kept for as long as the endpoint is used, so that a width refused once is not tried again and again.
 */

/** Where nothing is known; few endpoints take more. */
const FIRST_WIDTH = 10_000
/** A refusal for too many results is about these blocks only: wider is tried after so many answers, then twice as many. */
const FORGET_AFTER = 32

export class LogSpan {
  #width = FIRST_WIDTH
  /** The narrowest width refused of late. */
  #refused = FIRST_WIDTH + 1
  /** The widest width answered of late. */
  #accepted = 0
  /** A width that was refused, and is perhaps taken now. */
  #doubted = Number.POSITIVE_INFINITY
  #answers = 0
  #forgetAfter = FORGET_AFTER
  /** The endpoint's rule, where it names one: it holds for all blocks. */
  #limit = FIRST_WIDTH

  /** Blocks to ask for next. */
  get width(): number {
    return this.#width
  }

  accepted(width: number): void {
    if (width < this.#width) return // the end of what was wanted, no news
    this.#accepted = width
    if (width >= this.#doubted) this.#forget()
    else if (++this.#answers >= this.#forgetAfter) this.#doubt()
    // Half way to what was refused: it settles beside the limit in a few steps.
    const room = Math.min(this.#limit, this.#refused - 1) - this.#width
    if (room > this.#width / 8) this.#width += Math.max(1, Math.min(this.#width, room >> 1))
    else if (room > 0 && this.#limit < this.#refused) this.#width = this.#limit
  }

  /** Perhaps only the blocks back then were too much. */
  #doubt(): void {
    this.#answers = 0
    this.#forgetAfter *= 2
    this.#doubted = this.#refused
    this.#refused *= 2
  }

  /** So it was. */
  #forget(): void {
    this.#forgetAfter = FORGET_AFTER
    this.#doubted = Number.POSITIVE_INFINITY
    this.#refused = FIRST_WIDTH + 1
  }

  refused(width: number, message: string): void {
    const named = namedLimit(width, message)
    if (named !== undefined) {
      this.#limit = named
      this.#width = named
      this.#refused = named + 1
      return
    }
    this.#refused = Math.min(this.#refused, width)
    const isDenser = this.#accepted >= width
    if (isDenser) this.#accepted = 0
    this.#width = Math.max(1, this.#accepted, width >> 1)
  }
}

const spans = new WeakMap<object, LogSpan>()

/** Returns what is known of this endpoint. */
export function spanOf(rpc: object): LogSpan {
  const known = spans.get(rpc) ?? new LogSpan()
  spans.set(rpc, known)
  return known
}

/**
 * Returns the limit that a refusal names: "range 20000 exceeds limit of 1000", "limited to a 10,000 range". A number of
 * results is none. One that is misread is refused again, and halved.
 */
export function namedLimit(width: number, message: string): number | undefined {
  if (!/block|range/i.test(message) || /result|size|0x/i.test(message)) return undefined
  const words = message.replaceAll(/https?:\S+/g, '')
  const numbers = words.replaceAll(/(\d)[,_](?=\d{3})/g, '$1').match(/(?<![\w.:])\d+k?(?![\w.:]*\w)/gi) ?? []
  const values = numbers.map((text) => Number.parseInt(text, 10) * (/k$/i.test(text) ? 1_000 : 1))
  const smaller = values.filter((value) => value >= 10 && value < width)
  return smaller.length === 0 ? undefined : Math.max(...smaller)
}
