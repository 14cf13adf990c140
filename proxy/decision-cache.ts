/**
 * @module What was decided on the topic names of one connection in one direction, found by the name's bytes. Of fixed
 * size and direct-mapped: a flood of names only ever replaces, there is no chain that it could lengthen.
 */
import type { Buffer } from 'node:buffer'
import type { Decision } from '../domain/authorize.ts'
import type { AccessWindow } from '../records/port.ts'

/** A decision on one topic name, good while the view's epoch and the second are the same: grants end by the clock. */
export interface CachedDecision {
  readonly topicNameBytes: Buffer
  readonly topicName: string
  epoch: number
  /** Unix seconds. */
  second: number
  decision: Decision
  window: AccessWindow | undefined
}

/** The epoch of what must be decided when it is next asked for: no view has it. */
export const UNDECIDED = Number.NaN

const SLOTS = 128
/** Longer names are decided each time: what is kept for a connection stays small. */
const MAX_KEPT_BYTES = 256

export class DecisionCache {
  /** Made with the first name, since most connections of a fleet are idle. */
  #slots: (CachedDecision | undefined)[] | undefined

  /** Returns what was decided on the name that lies there, fresh or not. */
  find(buffer: Buffer, from: number, to: number): CachedDecision | undefined {
    const found = this.#slots?.[slotOf(buffer, from, to)]
    return found !== undefined && isSame(found.topicNameBytes, buffer, from, to) ? found : undefined
  }

  keep(cached: CachedDecision): void {
    const { topicNameBytes: bytes } = cached
    if (bytes.length > MAX_KEPT_BYTES) return
    this.#slots ??= new Array(SLOTS)
    this.#slots[slotOf(bytes, 0, bytes.length)] = cached
  }

  clear(): void {
    this.#slots = undefined
  }
}

/** FNV-1a. Whoever finds names that share a slot makes his own packets slower, nobody else's. */
function slotOf(buffer: Buffer, from: number, to: number): number {
  if (to - from > MAX_KEPT_BYTES) return 0
  let hash = to - from
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193)
  return (hash ^ (hash >>> 15)) & (SLOTS - 1)
}

function isSame(bytes: Buffer, buffer: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[from + i]) return false
  return true
}
