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

  constructor(code: TransactionErrorCode, message: string, details: { revert?: Revert; cause?: unknown } = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.revert = details.revert
  }
}

type Revert = { error: string; args: Record<string, unknown> } | undefined

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
  throw new TransactionError(codeOf(error.message), error.message, { cause: error })
}

/** Nodes agree on no error numbers for these, only on words (geth's txpool errors, which anvil and others repeat). */
function codeOf(message: string): TransactionErrorCode {
  if (/insufficient funds/i.test(message)) return 'INSUFFICIENT_FUNDS'
  if (/nonce too low/i.test(message)) return 'NONCE_TOO_LOW'
  if (/already (known|imported)/i.test(message)) return 'ALREADY_KNOWN'
  if (/underpriced/i.test(message)) return 'UNDERPRICED'
  return /revert/i.test(message) ? 'REVERTED' : 'REFUSED'
}
