/** @module What owners do to the contract, each as the call that does it, and its refusals in words. */
import { encodeCall } from '../../contracts/abi/calls.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { type Call, type Receipt, type Sender, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'
import { isFirstLevel, isWildcard } from '../../domain/topic-filter.ts'
import { CliError } from '../errors.ts'
import { explainRevert, type RefusedCall } from '../terminal/explain-revert.ts'

export interface ContractPlace {
  rpc: Rpc
  contract: Hex
}

/** A function of the contract, its arguments in order, and what is paid with it. */
export interface ContractCall {
  name: string
  args: readonly unknown[]
  /** Wei. */
  value?: bigint
}

export interface GrantOrder {
  filter: string
  account: Address
  /** Bits: 1 publish, 2 subscribe. */
  rights: number
  /** Unix seconds, exclusive. */
  until: number
  basis: number
  purpose: Bytes32
}

/** First-level names are given by the broker owner; the rest is registered by the owner above. */
export const isGiven = (filter: string): boolean => isFirstLevel(filter) && !isWildcard(filter)

export const registration = (filter: string, owner: Address, fee = 0n): ContractCall =>
  isGiven(filter) ? { name: 'giveTopic', args: [filter, owner] } : { name: 'registerTopic', args: [filter], value: fee }

/** `fee`: what the broker owner asks where a publish right is among them. */
export const grantOf = (order: GrantOrder, fee = 0n): ContractCall => ({
  name: 'grant',
  args: [order.filter, order.account, order.rights, order.until, order.basis, order.purpose],
  value: fee,
})

export const revocationOf = ({
  filter,
  account,
  rights,
}: Pick<GrantOrder, 'filter' | 'account' | 'rights'>): ContractCall => ({
  name: 'revoke',
  args: [filter, account, rights],
})

export const encoded = ({ name, args, value }: ContractCall, contract: Hex): Call & { to: Hex } => ({
  to: contract,
  data: encodeCall(name, args),
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

/** The filter that a call is about, for its refusal. */
export function subjectOf({ args }: ContractCall): { filter?: string } {
  const [first] = args
  return typeof first === 'string' && !/^0x[0-9a-fA-F]{32,64}$/.test(first) ? { filter: first } : {}
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
