/** @module Asks a contract at head for what decides a role or a signature: its answer, its no, or that nobody answers. */
import { type Call, callContract } from '../../contracts/rpc/ask-node.ts'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { TransactionError } from '../../contracts/rpc/transaction-error.ts'

/**
 * Resolves with undefined where the contract reverts. Rejects RpcError of a code that `isLost` knows for whatever else a node
 * says (a block that it does not have yet, a limit of its own): that is no answer, and must not pass for one.
 */
export async function askContract(
  rpc: Rpc,
  call: Call & { to: `0x${string}` },
  block: 'latest' | 'pending' = 'latest', // `pending` would count what is not in a block yet
): Promise<`0x${string}` | undefined> {
  try {
    return await callContract(rpc, call, block)
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error
    if (error.code === 'REVERTED') return undefined
    throw new RpcError('RPC_UNREACHABLE', error.message, { cause: error })
  }
}
