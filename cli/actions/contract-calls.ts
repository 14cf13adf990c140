/** @module Calls sent to the contract, and its refusals in words. */
import { encodeCall } from '../../contracts/abi/calls.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { type Call, type Receipt, type Sender, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Hex } from '../../domain/bytes.ts'
import { type ContractCall, subjectOf } from '../../domain/contract-calls.ts'
import { CliError } from '../errors.ts'
import { explainRevert, type RefusedCall } from '../terminal/explain-revert.ts'

export interface ContractPlace {
  rpc: Rpc
  contract: Hex
}

export const encoded = ({ name, args, value, spareGas = 0n }: ContractCall, contract: Hex): Call & { to: Hex } => ({
  to: contract,
  data: encodeCall(name, args),
  spareGas,
  ...(value === undefined || value === 0n ? {} : { value }),
})

/** Sends the call and waits until it is mined. Rejects CliError with the refusal in words. */
export function sendCall(place: ContractPlace, sender: Sender, call: ContractCall): Promise<Receipt> {
  return explained({ sender: sender.address, ...subjectOf(call) }, sender.send(encoded(call, place.contract)))
}

/** Resolves as `work` does; rejects what the contract or the node refused as a CliError with the next step. */
export async function explained<T>(about: RefusedCall, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error
    throw new CliError(error.code, wordsFor(error, about), { cause: error })
  }
}

function wordsFor({ revert, code, message }: TransactionError, about: RefusedCall): string {
  const words = revert === undefined ? undefined : explainRevert(revert, about)
  if (words !== undefined) return words
  if (code === 'INSUFFICIENT_FUNDS')
    return `${about.sender} has not enough ETH for the payment and its gas. Send it some, then try again.`
  if (code === 'NOT_MINED')
    return `${message}. It may still be mined: look it up in an explorer before you give the command again.`
  if (code === 'REVERTED' && revert === undefined)
    return `${message}: what it found had changed since it was estimated. Nothing but gas was paid; give the command once more.`
  if (code === 'NONCE_TOO_LOW' || code === 'ALREADY_KNOWN' || code === 'UNDERPRICED')
    return `${about.sender} sent another transaction in this moment (${message}). Wait until it is mined, then try again.`
  return message
}
