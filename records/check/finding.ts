/** @module What a check of the records can find: one code a discrepancy, the records that it is about, and what to do next. Pure. */
import type { Address } from '../../domain/bytes.ts'

/** What to do about each code: a sentence with a line that can be pasted, where one helps. */
const REMEDIES = {
  MISSING_ON_CHAIN:
    'If the chain lost blocks, the recorder sends again what its journal still holds: npx flytrap flush && npx flytrap check. What stays missing is in no journal any more: restore the latest copy of the journal.',
  MISSING_IN_JOURNAL: 'Restore the latest journal of this recorder, or stop the recorder and begin with a new key.',
  MISSING_ON_THIS_ENDPOINT:
    'The endpoint kept logs back, or lost them: put another one first in FLYTRAP_RPC_URL, then: npx flytrap check',
  DOUBLED_ON_CHAIN: 'The endpoint told a log twice: put another one first in FLYTRAP_RPC_URL, then: npx flytrap check',
  ALTERED_ON_CHAIN:
    'The endpoint shows other bytes than the contract hashed: put another one first in FLYTRAP_RPC_URL, then: npx flytrap check',
  ALTERED_IN_JOURNAL:
    'End flytrap, restore the latest copy of the journal, and start again: npx flytrap up. What was altered cannot be proven.',
  JOURNAL_DIFFERS:
    'Another program records with this key, or the journal was restored from an old copy. End flytrap, and let the contract’s owner stop the recorder: npx flytrap recorder stop ADDRESS',
  HEAD_BROKEN:
    'The endpoint’s log is not the contract’s: put another one first in FLYTRAP_RPC_URL, then: npx flytrap check',
  OUT_OF_ORDER:
    'The recorder’s times contradict each other, which convicts it: keep this home as it is, and have the machine’s clock looked at: npx flytrap doctor',
  LEAF_DIFFERS: 'This evidence proves nothing any more: restore the evidence store from a backup.',
  ROOT_DIFFERS: 'The tree of this batch proves nothing any more: restore the evidence store from a backup.',
  EVIDENCE_MISPLACED: 'Its inclusion proof would fail: restore the evidence store from a backup.',
  EVIDENCE_MISSING: 'Restore the evidence store from a backup; erasures are replayed on it at the next start.',
  EVIDENCE_UNBOUND:
    'Nothing on chain stands behind this evidence: find out who wrote it. It is no record, and may be a copy from another home.',
  ERASED_WITHOUT_ORDER:
    'Nobody ordered it: restore the evidence store from a backup, and look at what was ordered: npx flytrap erasures',
  ANCHOR_OVERDUE: 'See why nothing reaches the chain: npx flytrap status',
  REPORT_MISSING:
    'The endpoint keeps logs back, or the chain lost the block after it counted as final: put another endpoint first in FLYTRAP_RPC_URL, then: npx flytrap check. The report stays signed; what stays missing is not anchored again.',
  REPORT_UNKNOWN:
    'The journal was restored from an old copy, or another program anchors with this key: if nobody restored it, let the contract’s owner stop the recorder: npx flytrap recorder stop ADDRESS',
  REPORT_DOUBLED:
    'It proves no more for that, and cost gas each time: see that no other program anchors with this key, or that the endpoint told a log twice: put another one first in FLYTRAP_RPC_URL.',
  FOREIGN_STORE:
    'Nothing of it was checked: put this contract’s own evidence store in its place, or name it in FLYTRAP_EVIDENCE_URL, then: npx flytrap check',
  FOREIGN_JOURNAL: 'It belongs to another contract or chain: move it out of the home, and keep it.',
} as const

export type FindingCode = keyof typeof REMEDIES

export interface Finding {
  code: FindingCode
  /** Undefined where it is about evidence of nobody that the chain knows. */
  recorder?: Address
  /** Undefined where it is about none. */
  recorderId?: number
  /** The first sequence that it is about; undefined where it is about none. */
  seq?: number
  /** How many sequences, one after the other. */
  count: number
  what: string
  remedy: string
}

export interface Whose {
  recorder?: Address
  recorderId: number
}

export interface Place {
  seq?: number
  count?: number
}

/** Returns a finding with its remedy. */
export function found(
  code: FindingCode,
  { recorder, recorderId }: Partial<Whose>,
  place: Place,
  what: string,
): Finding {
  return {
    code,
    ...(recorder === undefined ? {} : { recorder }),
    ...(recorderId === undefined ? {} : { recorderId }),
    ...(place.seq === undefined ? {} : { seq: place.seq }),
    count: place.count ?? (place.seq === undefined ? 0 : 1),
    what,
    remedy: REMEDIES[code],
  }
}

/** Returns the runs of numbers that follow each other: a thousand missing records are one finding. */
export function runsOf(seqs: readonly number[]): { seq: number; count: number }[] {
  const runs: { seq: number; count: number }[] = []
  for (const seq of seqs) {
    const last = runs.at(-1)
    if (last !== undefined && last.seq + last.count === seq) last.count++
    else runs.push({ seq, count: 1 })
  }
  return runs
}
