/**
 * @module What holds a batch up although nothing fails. Endpoints differ for a moment: one gets a block before the other.
 * Where that lasts, one of them lies or stands still, and somebody must hear of it.
 */
import type { BuiltBatch } from '../batch/built-batch.ts'
import { Disagreement, type Sources } from './belief.ts'

/** Fewer say nothing: a slow pace has long rounds. */
const ROUNDS = 5

const AHEAD = 'whether the contract holds it'
const UNPROVEN = 'whether the contract held it as many blocks ago as must be'

/** The first batch that does not get on, and about what the endpoints differ. */
export interface HeldUp {
  batch: BuiltBatch
  about: string
}

/** `ahead`: only the other endpoint shows it; `unproven`: it is there, and was not borne out where it must be. */
export function heldUpOf(ahead: BuiltBatch | undefined, unproven: BuiltBatch | undefined): HeldUp | undefined {
  if (ahead !== undefined) return { batch: ahead, about: AHEAD }
  return unproven && { batch: unproven, about: UNPROVEN }
}

export class Standstill {
  readonly #afterMs: number
  readonly #clock: () => number
  #key: string | undefined
  #rounds = 0
  #sinceMs = 0

  constructor(afterMs: number, clock: () => number) {
    this.#afterMs = afterMs
    this.#clock = clock
  }

  /** Told once a round. Throws Disagreement when the same batch was held up in the same way for long. */
  note(heldUp: HeldUp | undefined, { node, witness }: Sources): void {
    const key = heldUp && `${heldUp.batch.id} ${heldUp.about}`
    if (key !== this.#key) [this.#key, this.#rounds, this.#sinceMs] = [key, 0, this.#clock()]
    this.#rounds++
    if (heldUp === undefined || this.#rounds < ROUNDS || this.#clock() - this.#sinceMs < this.#afterMs) return
    const names = [node.name, witness?.name].filter((name) => name !== undefined).join(' and ')
    const remedy = 'Records wait until that is clear. Take the wrong endpoint out of FLYTRAP_RPC_URL.'
    const what = `the batch that begins at ${heldUp.batch.firstSeq}, ${heldUp.about}`
    throw new Disagreement(`What ${names} tell of ${what}, has not agreed for long. ${remedy}`)
  }
}
