/** @module What the contract answers, in the domain's words. Every answer is of the newest block. */
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { callContract } from '../../contracts/rpc/transact.ts'
import { type Address, type Bytes32, ZERO_ADDRESS } from '../../domain/bytes.ts'
import type { CurrentTerms } from '../../domain/contract-calls.ts'
import type { CountryRule, Right } from '../../domain/enums.ts'
import { type ContractPlace, explained } from './contract-calls.ts'

export async function read(place: ContractPlace, name: string, args: readonly unknown[]): Promise<unknown[]> {
  const filter = typeof args[0] === 'string' && !args[0].startsWith('0x') ? args[0] : undefined
  const call = { to: place.contract, data: encodeCall(name, args) }
  return decodeResult(name, await explained({ sender: ZERO_ADDRESS, filter }, callContract(place.rpc, call)))
}

/** Returns who owns the filter, when it is registered. */
export async function ownerOf(place: ContractPlace, filter: string): Promise<Address | undefined> {
  const [owner, , isRegistered] = await read(place, 'topicOf', [filter])
  return isRegistered === true ? (owner as Address) : undefined
}

/** The terms that count now: without offers and prices of an earlier owner. Rejects REVERTED when unregistered. */
export async function termsOf(place: ContractPlace, filter: string): Promise<CurrentTerms> {
  const [raw] = await read(place, 'termsOf', [filter])
  const { offers, publishPrice, subscribePrice, period, countryRule, countries, isSealed } = raw as Record<
    'offers' | 'publishPrice' | 'subscribePrice' | 'period' | 'countryRule' | 'countries',
    bigint
  > & { isSealed: boolean }
  return {
    offers: Number(offers),
    publishPrice,
    subscribePrice,
    period: Number(period),
    countryRule: Number(countryRule) as CountryRule,
    countries,
    isSealed,
  }
}

export interface Fees {
  /** Basis points of each price. */
  share: number
  /** Wei. */
  registrationFee: bigint
  publishFee: bigint
}

export async function feesOf(place: ContractPlace): Promise<Fees> {
  const [share, registrationFee, publishFee] = await read(place, 'fees', [])
  return { share: Number(share), registrationFee: registrationFee as bigint, publishFee: publishFee as bigint }
}

/** Returns the transfer that waits for acceptance, if any. */
export async function proposalOf(
  place: ContractPlace,
  topicId: Bytes32,
): Promise<{ to: Address; number: number } | undefined> {
  const [to, number] = await read(place, 'proposalOf', [topicId])
  return number === 0 ? undefined : { to: to as Address, number: Number(number) }
}

export interface Holding {
  topicId: Bytes32
  account: Address
  right: Right
}

/** Returns the granted right that stands, expired or not; undefined when never granted or ended. */
export async function grantedRight(place: ContractPlace, { topicId, account, right }: Holding) {
  const [grantor, id, until] = await read(place, 'grantOf', [topicId, account, right])
  return id === 0 ? undefined : { id: Number(id), until: Number(until), grantor: grantor as Address }
}

/** Returns the bought right that stands, expired or not; undefined when never bought or ended. */
export async function boughtRight(place: ContractPlace, { topicId, account, right }: Holding) {
  const [id, until, price, period] = await read(place, 'purchaseOf', [topicId, account, right])
  if (id === 0) return undefined
  return { id: Number(id), until: Number(until), price: price as bigint, period: Number(period) }
}

/** Returns wei that the topic's owner owes for ending the bought right now. */
export const unusedOf = async (place: ContractPlace, { topicId, account, right }: Holding): Promise<bigint> =>
  (await read(place, 'unusedOf', [topicId, account, right]))[0] as bigint

export const creditOf = async (place: ContractPlace, account: Address): Promise<bigint> =>
  (await read(place, 'creditOf', [account]))[0] as bigint

export const nonceOf = async (place: ContractPlace, account: Address): Promise<number> =>
  Number((await read(place, 'nonces', [account]))[0])

export const brokerOwner = async (place: ContractPlace): Promise<Address> =>
  (await read(place, 'owner', []))[0] as Address

export const isPaused = async (place: ContractPlace): Promise<boolean> => (await read(place, 'paused', []))[0] === true
