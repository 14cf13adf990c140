/** @module A batch whose boundaries, bytes and tree stand for good, and what it is built from. */
import type { Bytes32 } from '../../domain/bytes.ts'

export interface BuiltBatch {
  id: number
  firstSeq: number
  count: number
  evidenceRoot: Bytes32
  through: number
  builtAt: number
  headBefore: Bytes32
  head: Bytes32
  block: number | null
  copied: boolean
}

/** Where a batch was seen on chain; null: nowhere any more. */
export interface Placed {
  id: number
  block: number | null
}

/** Where the chain stood when this journal knew of no batch: what the first one builds on. */
export interface Basis {
  nextSeq: number
  through: number
  head: Bytes32
}

export interface BuildOptions {
  /** Unix milliseconds, never before the last recorded access. */
  nowMs: number
  /** Unix milliseconds of the oldest access that is decided and not on disk yet: the watermark stays below it. */
  untoldSinceMs: number | undefined
  maxRecords: number
  maxBatches: number
  /** Build an empty one when nothing waits. */
  heartbeat: boolean
  basis: Basis
}
