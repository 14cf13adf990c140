/** @module Whether records wait longer than they may: on the way to a block, and until that is final. */
import type { JournalDepth } from '../journal/depth.ts'
import { WaitingTime } from './waiting-time.ts'

export class AnchoringAge {
  /** How long the oldest record has waited for a block, as last judged. Milliseconds. */
  waitedMs = 0
  readonly #untilPlaced = new WaitingTime()
  readonly #untilFinal = new WaitingTime()

  /**
   * What a block holds waits for its evidence to be copied, or to be deep enough: that is too long only while something is
   * wrong with the chain.
   */
  isTooOld(
    { nextSeq, finalSeq, unplacedSeq, oldest }: JournalDepth,
    { nowMs, limitMs, isTroubled }: { nowMs: number; limitMs: number; isTroubled: boolean },
  ): boolean {
    const about = { nowMs, nextSeq, sinceMs: oldest === null ? nowMs : oldest * 1_000 }
    const untilPlaced = this.#untilPlaced.note({ ...about, doneSeq: unplacedSeq }, limitMs)
    this.waitedMs = untilPlaced
    const untilFinal = this.#untilFinal.note({ ...about, doneSeq: finalSeq }, limitMs)
    return untilPlaced > limitMs || (untilFinal > limitMs && isTroubled)
  }
}
