/** @module One account of one wallet on the right chain, and what it reads of the contract. */
import { decodeResult, encodeCall } from '../../../contracts/abi/calls.ts'
import { callContract } from '../../../contracts/rpc/ask-node.ts'
import type { Rpc } from '../../../contracts/rpc/json-rpc.ts'
import type { Address, Bytes32 } from '../../../domain/bytes.ts'
import type { CurrentTerms } from '../../../domain/contract-calls.ts'
import type { CountryRule, Right } from '../../../domain/enums.ts'
import type { Place } from './place.ts'
import type { Provider } from './provider.ts'

export interface Session {
  place: Place
  provider: Provider
  rpc: Rpc
  /** Lower case. */
  account: Address
}

/** The newest block's answer. Rejects TransactionError REVERTED, or RpcError. */
export async function read({ rpc, place }: Session, name: string, args: readonly unknown[]): Promise<unknown[]> {
  return decodeResult(name, await callContract(rpc, { to: place.contract, data: encodeCall(name, args) }))
}

export interface Fees {
  /** Basis points of each price. */
  share: number
  /** Wei. */
  registrationFee: bigint
  publishFee: bigint
}

export async function feesOf(session: Session): Promise<Fees> {
  const [share, registrationFee, publishFee] = await read(session, 'fees', [])
  return { share: Number(share), registrationFee: registrationFee as bigint, publishFee: publishFee as bigint }
}

/** The terms that count now. Rejects REVERTED when the filter is not registered. */
export async function termsOf(session: Session, filter: string): Promise<CurrentTerms> {
  const [raw] = await read(session, 'termsOf', [filter])
  const terms = raw as Record<Exclude<keyof CurrentTerms, 'isSealed'>, bigint> & { isSealed: boolean }
  return {
    offers: Number(terms.offers),
    publishPrice: terms.publishPrice,
    subscribePrice: terms.subscribePrice,
    period: Number(terms.period),
    countryRule: Number(terms.countryRule) as CountryRule,
    countries: terms.countries,
    isSealed: terms.isSealed,
  }
}

export const creditOf = async (session: Session, account: Address): Promise<bigint> =>
  (await read(session, 'creditOf', [account]))[0] as bigint

/** Wei that the topic's owner owes for ending a bought right now. */
export const unusedOf = async (session: Session, topicId: Bytes32, account: Address, right: Right): Promise<bigint> =>
  (await read(session, 'unusedOf', [topicId, account, right]))[0] as bigint
