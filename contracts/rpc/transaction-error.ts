/** @module Why a transaction did not happen: what the contract's revert, or the node's words, mean. Pure. */
import { explainRevert } from '../abi/calls.ts'
import { RpcError } from './json-rpc.ts'

export type TransactionErrorCode =
  | 'REVERTED'
  | 'INSUFFICIENT_FUNDS'
  | 'NONCE_TOO_LOW'
  | 'ALREADY_KNOWN'
  | 'UNDERPRICED'
  | 'NOT_MINED'
  | 'REFUSED'

export class TransactionError extends Error {
  override readonly name = 'TransactionError'
  readonly code: TransactionErrorCode
  /** The contract's custom error and its values, for REVERTED. */
  readonly revert: { error: string; args: Record<string, unknown> } | undefined

  /** Wei that its gas cost: more than 0 when it was mined and reverted. */
  readonly spent: bigint

  constructor(code: TransactionErrorCode, message: string, details: TransactionErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.revert = details.revert
    this.spent = details.spent ?? 0n
  }
}

interface TransactionErrorDetails {
  revert?: { error: string; args: Record<string, unknown> }
  spent?: bigint
  cause?: unknown
}

/** Throws what a node's refusal means; what is none passes as it is. */
export function throwExplained(error: unknown): never {
  if (!(error instanceof RpcError) || error.code !== 'RPC_ERROR') throw error
  const revert = error.data === undefined ? undefined : explainRevert(error.data)
  if (revert !== undefined) {
    const values = Object.entries(revert.args).map(([name, value]) => `${name} ${value}`)
    throw new TransactionError('REVERTED', `the contract refused: ${revert.error}(${values.join(', ')})`, {
      revert,
      cause: error,
    })
  }
  throw new TransactionError(codeOf(error.reason), error.message, { cause: error })
}

/** Nodes agree on no error numbers for these, only on words (geth's txpool errors, which anvil and others repeat). */
function codeOf(reason: string): TransactionErrorCode {
  if (/insufficient funds/i.test(reason)) return 'INSUFFICIENT_FUNDS'
  if (/nonce too low/i.test(reason)) return 'NONCE_TOO_LOW'
  if (/already (known|imported)/i.test(reason)) return 'ALREADY_KNOWN'
  if (/underpriced/i.test(reason)) return 'UNDERPRICED'
  return /revert/i.test(reason) ? 'REVERTED' : 'REFUSED'
}
