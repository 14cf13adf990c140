/** @module What owners do to the contract, with refusals in words and the next step. */
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { callContract, type Receipt, type Sender, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'
import { isFirstLevel, isWildcard } from '../../domain/topic-filter.ts'
import { CliError } from '../errors.ts'
import { quoted } from '../terminal/output.ts'

export interface ContractPlace {
  rpc: Rpc
  contract: Hex
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

/** Registers `filter` for its owner: a first-level name is given by the broker owner, the rest by the owner above. */
export function registerTopic(place: ContractPlace, sender: Sender, filter: string, owner: Address): Promise<Receipt> {
  const isGiven = isFirstLevel(filter) && !isWildcard(filter)
  return isGiven ? send(place, sender, 'giveTopic', [filter, owner]) : send(place, sender, 'registerTopic', [filter])
}

export const grantRights = (place: ContractPlace, sender: Sender, order: GrantOrder): Promise<Receipt> =>
  send(place, sender, 'grant', [order.filter, order.account, order.rights, order.until, order.basis, order.purpose])

export const revokeRights = (
  place: ContractPlace,
  sender: Sender,
  { filter, account, rights }: Pick<GrantOrder, 'filter' | 'account' | 'rights'>,
): Promise<Receipt> => send(place, sender, 'revoke', [filter, account, rights])

/** Returns who owns the filter, when it is registered. */
export async function ownerOf({ rpc, contract }: ContractPlace, filter: string): Promise<Address | undefined> {
  const data = await callContract(rpc, { to: contract, data: encodeCall('topicOf', [filter]) })
  const [owner, , isRegistered] = decodeResult('topicOf', data)
  return isRegistered === true ? (owner as Address) : undefined
}

async function send(place: ContractPlace, sender: Sender, name: string, args: readonly unknown[]): Promise<Receipt> {
  try {
    return await sender.send({ to: place.contract, data: encodeCall(name, args) })
  } catch (error) {
    if (error instanceof TransactionError)
      throw new CliError(error.code, explain(error, sender.address), { cause: error })
    throw error
  }
}

/** The contract's custom errors, for people. */
function explain({ revert, code, message }: TransactionError, sender: Hex): string {
  const args = revert?.args ?? {}
  const filter = quoted(String(args.filter ?? 'FILTER'))
  switch (revert?.error) {
    case 'FlyTrapNotTopicOwner':
      return `${sender} does not own the topic at or above ${filter}. Sign as its owner: --as NAME. See: npx flytrap topic list`
    case 'FlyTrapTopicExists':
      return 'That filter is registered already. See: npx flytrap topic list'
    case 'FlyTrapTopicUnregistered':
      return 'That filter is not registered. Register it first: npx flytrap topic register FILTER'
    case 'FlyTrapGrantNotRevocable':
      return 'There is no such grant to end: it was never given, or ended before. See: npx flytrap topic list'
    case 'FlyTrapUnauthorizedSender':
      return `${sender} may not end this grant: only the topic’s owner, the grantor or the grantee may. Sign with --as NAME.`
    case 'FlyTrapInvalidFilter':
      return `${filter} is no filter that can be registered: at most 256 bytes and 16 levels, # alone and last, + alone.`
    case 'FlyTrapInvalidUntil':
      return 'A grant must end in the future. Give --until 30d, a date, or never.'
    case 'OwnableUnauthorizedAccount':
      return `Only the contract’s owner gives first-level names; ${sender} is not. Sign as the owner: --as owner`
    case 'EnforcedPause':
      return 'The contract is paused: registrations and grants wait until its owner unpauses it.'
  }
  return code === 'INSUFFICIENT_FUNDS'
    ? `${sender} has not enough ETH for the gas. Send it some, then try again.`
    : message
}
