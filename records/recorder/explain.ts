/** @module Why nothing reaches the chain, in words that say what to do. Pure. */
import { formatUnits } from 'ethers'
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import { TransactionError } from '../../contracts/rpc/transact.ts'
import { JOURNAL_SCHEMA } from '../journal/database.ts'
import { Disagreement } from './belief.ts'

/** Nothing failed: the recorder holds back, for a reason that it tells. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack'
}

const ANEW =
  'To serve again, move keys/recorder.key and journal.sqlite out of the home, keep both, and start with: npx flytrap up'

export const STOPPED = `The contract’s owner stopped this recorder, which is final: it serves nobody, and its journal stays as it is. ${ANEW}`

export const DAMAGED = `The journal is damaged: nobody is served, and nothing is sent from it. ${JOURNAL_SCHEMA.remedy}`
export const UNREAD =
  'The journal is large, and still being read through: nothing is sent from it before it is known to be whole.'

export const STORE_SILENT =
  'The evidence store does not answer: records reach the chain, and their evidence waits in the journal. Look for what holds a lock there, such as a dump, or restart it.'

export const TOO_LONG =
  'UNANCHORED_TOO_LONG: records wait longer than anchoring.maxUnanchored allows, and nobody is let in until they are on chain. See: npx flytrap doctor'

export const BEHIND =
  'Records have waited, or will, for a quarter of anchoring.maxUnanchored: until that is better, wallets without any right are not let in, and strangers share records. What gets them on chain sooner: a higher anchoring.spendPerHour in flytrap.yaml, then npx flytrap rules reload'

export function retiredInWords(after: number): string {
  const all = 'This recorder was retired, and all that it decided before is on chain.'
  const rest = `${after} records of its last seconds came after the retirement and stay in the journal.`
  return after === 0 ? `${all} ${ANEW}` : `${all} ${rest} ${ANEW}`
}

export function waitInWords(ms: number): string {
  const remedy = 'Raise anchoring.spendPerHour in flytrap.yaml, then: npx flytrap rules reload'
  if (!Number.isFinite(ms)) return `One batch costs more than the spending limit of an hour. ${remedy}`
  return `The spending limit of this hour is reached: records wait ${Math.ceil(ms / 60_000)} min more. ${remedy}`
}

export const dearInWords = (asked: bigint, bound: bigint): string =>
  `Gas costs ${formatUnits(asked, 'gwei')} gwei at the moment, and what is left of this hour’s spending limit allows ${formatUnits(bound, 'gwei')}: records wait.`

const STAY = 'They stay signed, and are anchored as soon as it can be.'

export const ELSEWHERE = `One endpoint shows that a report is anchored, another does not: it is not sent again. ${STAY}`
export const NOT_ISSUED = `The contract takes reports from active recorders alone, and this one was retired or stopped: they stay signed, and are not anchored. ${ANEW}`

export const tooDearToIssue = (asked: bigint, bound: bigint): string =>
  `Gas costs ${formatUnits(asked, 'gwei')} gwei at the moment, and half of each hour’s spending limit is kept for records: what is left for reports allows ${formatUnits(bound, 'gwei')}. ${STAY} Or raise anchoring.spendPerHour in flytrap.yaml, then: npx flytrap rules reload`

/** Why a report does not get on chain. */
export function explainIssue(error: unknown): string {
  if (error instanceof TransactionError && error.revert?.error === 'FlyTrapRecorderState') return NOT_ISSUED
  if (error instanceof TransactionError && error.code === 'NOT_MINED')
    return `A report is out and in no block yet: it goes out again, at a higher fee if need be. ${STAY}`
  return explain(error)
}

/** The contract would not take the batch yet, so it was not sent. */
export const isBeforeItsTime = (error: unknown): boolean =>
  error instanceof TransactionError && error.revert?.error === 'FlyTrapWrongBuiltAt'

export function explain(error: unknown): string {
  if (isBeforeItsTime(error)) {
    return 'The chain’s clock is behind ours: the batch is sent again when it has caught up.'
  }
  if (error instanceof TransactionError && error.code === 'INSUFFICIENT_FUNDS') {
    return `The recorder has no ETH for gas. Send it some: ${error.message}`
  }
  if (error instanceof TransactionError && error.code === 'NOT_MINED') {
    return 'The batch is out and in no block yet: it goes out again, at a higher fee if need be.'
  }
  if (error instanceof RpcError || error instanceof TransactionError || error instanceof Disagreement)
    return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
