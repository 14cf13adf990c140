/**
 * @module One payout: is it worth its gas, and does it go through? The receiver may be a contract that means ill: what
 * reverts is found before it is sent, and what changes its mind in between costs at most the gas that was allowed.
 */
import { encodeCall } from '../../contracts/abi/calls.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { estimateGas, type Fees, type Sender, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import { creditOf } from '../actions/contract-reads.ts'

export interface PayOutTerms {
  /** Wei below which nothing is paid out. */
  above: bigint
  /** The part of a payout that its gas may cost, in basis points. */
  maxCost: number
}

export interface PayOutPlace {
  rpc: Rpc
  contract: Address
  sender: Sender
  fees: Fees
}

export type PaidOut =
  | { kind: 'nothing' }
  | { kind: 'below' | 'dear'; credit: bigint }
  | { kind: 'refused'; why: string; spent: bigint }
  | { kind: 'paid'; credit: bigint; spent: bigint; transactionHash: string }

/** A payout to a plain account takes 38,000; a receiving contract may do a little of its own. */
const MOST_GAS = 200_000n
/** REFUSED too: some nodes only say that the gas which it asks for is more than a block holds. */
const BY_RECEIVER: readonly string[] = ['REVERTED', 'REFUSED']

/** Resolves with what became of it. Rejects when the chain or the keeper's own money fails: nobody else's fault. */
export async function payOut(account: Address, place: PayOutPlace, terms: PayOutTerms): Promise<PaidOut> {
  const { rpc, contract, sender, fees } = place
  const credit = await creditOf({ rpc, contract }, account)
  if (credit === 0n) return { kind: 'nothing' }
  if (credit < terms.above) return { kind: 'below', credit }
  const call = { to: contract, data: encodeCall('withdraw', [account]) }
  try {
    const gas = await estimateGas(rpc, sender.address, call)
    if (gas > MOST_GAS) return { kind: 'refused', why: `its receiver asks for ${gas} gas`, spent: 0n }
    if (gas * fees.maxFeePerGas * 10_000n > credit * BigInt(terms.maxCost)) return { kind: 'dear', credit }
    const { gasUsed, gasPrice, transactionHash } = await sender.send({ ...call, gas, fees })
    return { kind: 'paid', credit, spent: gasUsed * gasPrice, transactionHash }
  } catch (error) {
    if (!(error instanceof TransactionError) || !BY_RECEIVER.includes(error.code)) throw error
    // Somebody else paid it out in this moment, or our own transaction of before a restart did.
    if (error.revert?.error === 'FlyTrapNothingToWithdraw') return { kind: 'nothing' }
    return { kind: 'refused', why: error.message, spent: error.spent }
  }
}
