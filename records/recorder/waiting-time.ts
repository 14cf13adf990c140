/**
 * @module How long the oldest record that closed has waited to get somewhere. A window that is open does not wait, however
 * long ago it began: so what counts is when a sequence was first seen, not when its access was. Pure but for its memory.
 */

/** How finely the time is told: a hundredth of the limit. */
const PARTS = 100

export interface Progress {
  nowMs: number
  /** The first sequence that has not closed. */
  nextSeq: number
  /** The first sequence that is not there yet. */
  doneSeq: number
  /** Unix milliseconds: nothing of before this program started is older. */
  sinceMs: number
}

/** Whatever closed below `nextSeq` waits since then at the longest. */
interface Mark {
  atMs: number
  nextSeq: number
}

export class WaitingTime {
  #marks: Mark[] | undefined

  /** Returns milliseconds; 0 when nothing waits. Told to be a little longer rather than shorter, by `limitMs` / 100. */
  note({ nowMs, nextSeq, doneSeq, sinceMs }: Progress, limitMs: number): number {
    const atMs = this.#marks === undefined ? sinceMs : nowMs
    const marks = (this.#marks ?? []).filter((mark) => mark.nextSeq > doneSeq)
    const last = marks.at(-1)
    if (last !== undefined && nowMs - last.atMs < limitMs / PARTS) last.nextSeq = nextSeq
    else if (nextSeq > (last?.nextSeq ?? doneSeq)) marks.push({ atMs, nextSeq })
    this.#marks = marks
    const [first] = marks
    return first === undefined ? 0 : nowMs - first.atMs
  }
}
