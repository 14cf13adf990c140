/**
 * @module An access record: which account did what to which topic, with which outcome, under which grant, first at,
 * over how many seconds, how many times (DESIGN section 4). Pure.
 */
import { type Address, type Bytes32, ZERO_ADDRESS, ZERO_BYTES32 } from './bytes.ts'
import type { Action, DenialReason, Outcome } from './enums.ts'

export interface AccessRecord {
  /** 0 only when sealed. */
  action: Action | 0
  outcome: Outcome
  denialReason: DenialReason
  countIsLowerBound: boolean
  sealed: boolean
  /** The owner wallet once proved, else zero. */
  account: Address
  /** The deciding topic; for a denial the nearest registered literal prefix; else zero. */
  topicId: Bytes32
  /** 0: no grant, or ownership. */
  grantId: number
  /** Unix seconds. */
  firstAt: number
  /** Seconds from first to last, at most 2^24 - 1. */
  span: number
  count: number
}

/** A record in its place: the recorder's number for life, and its gap-free sequence from 1. */
export interface SequencedRecord extends AccessRecord {
  recorderId: number
  seq: bigint
}

/** Returns what a sealed record shows on chain: recorder, sequence and outcome alone (DESIGN section 4, Sealed). */
export function sealRecord(record: AccessRecord, builtAt: number): AccessRecord {
  return {
    action: 0,
    outcome: record.outcome,
    denialReason: 0,
    countIsLowerBound: false,
    sealed: true,
    account: ZERO_ADDRESS,
    topicId: ZERO_BYTES32,
    grantId: 0,
    firstAt: builtAt,
    span: 0,
    count: 1,
  }
}
