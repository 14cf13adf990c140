/** @module Why nothing reaches the chain, in words that say what to do. Pure. */
import { formatUnits } from 'ethers'
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import { TransactionError } from '../../contracts/rpc/transact.ts'

/** Nothing failed: the recorder holds back, for a reason that it tells. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack'
}

const ANEW =
  'To serve again, move keys/recorder.key and journal.sqlite out of the home, keep both, and start with: npx flytrap up'

export const STOPPED = `The contract’s owner stopped this recorder, which is final: it serves nobody, and its journal stays as it is. ${ANEW}`

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

export function explain(error: unknown): string {
  if (error instanceof TransactionError && error.revert?.error === 'FlyTrapWrongBuiltAt') {
    return 'The chain’s clock is behind ours: the batch is sent again when it has caught up.'
  }
  if (error instanceof TransactionError && error.code === 'INSUFFICIENT_FUNDS') {
    return `The recorder has no ETH for gas. Send it some: ${error.message}`
  }
  if (error instanceof TransactionError && error.code === 'NOT_MINED') {
    return 'The batch is out and in no block yet: it goes out again, at a higher fee if need be.'
  }
  if (error instanceof RpcError || error instanceof TransactionError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
