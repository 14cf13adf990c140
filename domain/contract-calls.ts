/** @module What owners do to the contract, each as the call that does it. Pure. */
import type { Address, Bytes32 } from './bytes.ts'
import type { TopicTerms } from './contract-state.ts'
import { isFirstLevel, isWildcard } from './topic-filter.ts'

/** A function of the contract, its arguments in order, and what is paid with it. */
export interface ContractCall {
  name: string
  args: readonly unknown[]
  /** Wei. */
  value?: bigint
  /** Gas that it may take beyond an estimate, where its way depends on the second in which it is mined. */
  spareGas?: bigint
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

/** Terms without the number under which they were set: what `setTerms` takes. */
export type CurrentTerms = Omit<TopicTerms, 'setAt'>

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

/** A credit that stood at zero (EIP-2200, EIP-2929) and its event. */
const CHANGE_GAS = 30_000n

/** Ends bought rights. `refund`: the unused share now, in wei; what it loses until it is mined is credited to the sender. */
export const endingOf = (
  { filter, account, rights }: Pick<GrantOrder, 'filter' | 'account' | 'rights'>,
  refund: bigint,
): ContractCall => ({
  name: 'endPurchase',
  args: [filter, account, rights],
  value: refund,
  spareGas: refund === 0n ? 0n : CHANGE_GAS,
})

/** Sets all of them: the contract knows no smaller step. */
export const setTerms = (filter: string, terms: CurrentTerms): ContractCall => ({
  name: 'setTerms',
  args: [filter, terms],
})

/** The filter that a call is about, for its refusal. */
export function subjectOf({ args }: ContractCall): { filter?: string } {
  const [first] = args
  return typeof first === 'string' && !/^0x[0-9a-fA-F]{32,64}$/.test(first) ? { filter: first } : {}
}
