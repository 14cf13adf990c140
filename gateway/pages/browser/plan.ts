/**
 * @module How a page acts: a plan says what will happen and what stays for ever, its price is asked of the chain, and only
 * then the wallet is asked to sign. A plan that the contract would refuse is refused here, before it costs gas.
 */
import { encodeCall } from '../../../contracts/abi/calls.ts'
import { callContract, estimateGas, suggestFees } from '../../../contracts/rpc/ask-node.ts'
import { quantity } from '../../../contracts/rpc/blocks.ts'
import { TransactionError } from '../../../contracts/rpc/transaction-error.ts'
import type { Hex } from '../../../domain/bytes.ts'
import type { ContractCall } from '../../../domain/contract-calls.ts'
import type { Session } from './session.ts'

export interface Plan {
  /** As a heading: `Let 0x12… subscribe home`. Texts from outside are made visible before. */
  what: string
  call: ContractCall
  facts: readonly (readonly [label: string, text: string])[]
  /** What stays on chain for ever, for all to see. */
  forever: string
  warnings?: readonly string[]
  /** What is said once it is mined. */
  done: string
  /** What goes on from there, once the person has read that it is mined. */
  afterwards?: () => void
  /** For the words of a refusal, where the call does not name the filter. */
  filter?: string
}

export interface Price {
  gas: bigint
  /** Wei for each, about. */
  gasPrice: bigint
  /** Wei, about. */
  gasCost: bigint
  /** Wei, beyond gas: exact. */
  pays: bigint
}

const requestOf = ({ place }: Session, { call }: Plan) => ({
  to: place.contract,
  data: encodeCall(call.name, call.args),
  ...(call.value === undefined || call.value === 0n ? {} : { value: call.value }),
})

/** Rejects TransactionError when it would be refused, or cannot be paid. */
export async function priceOf(session: Session, plan: Plan): Promise<Price> {
  const { rpc, account } = session
  const gas = await estimateGas(rpc, account, { ...requestOf(session, plan), spareGas: plan.call.spareGas ?? 0n })
  const fees = await suggestFees(rpc)
  const gasPrice = (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n // what the next block asks, and the tip
  const price = { gas, gasPrice, gasCost: gas * gasPrice, pays: plan.call.value ?? 0n }
  const balance = BigInt(await rpc.request<Hex>('eth_getBalance', [account, 'latest']))
  if (balance < price.pays + price.gasCost)
    throw new TransactionError(
      'INSUFFICIENT_FUNDS',
      `${account} has ${balance} wei, ${price.pays + price.gasCost} are needed`,
    )
  return price
}

interface RawReceipt {
  status: Hex
  blockNumber: Hex
}

/** Has the wallet sign and send it. Resolves with its block. Rejects RpcError (declined), TransactionError. */
export async function carryOut(session: Session, plan: Plan, { gas }: Price): Promise<number> {
  const { rpc, account } = session
  const { value, ...request } = requestOf(session, plan)
  const amount = value === undefined ? {} : { value: quantity(value) }
  const transaction = { from: account, ...request, ...amount, gas: quantity(gas) }
  const hash = await rpc.request<Hex>('eth_sendTransaction', [transaction])
  const { status, blockNumber } = await mined(session, hash)
  if (BigInt(status) === 0n) await refusedAt(session, plan, blockNumber)
  return Number(blockNumber)
}

const PATIENCE_MS = 180_000

async function mined({ rpc }: Session, hash: Hex): Promise<RawReceipt> {
  const end = performance.now() + PATIENCE_MS
  for (let pause = 100; performance.now() < end; pause = Math.min(2_000, pause * 2)) {
    const receipt = await rpc.request<RawReceipt | null>('eth_getTransactionReceipt', [hash])
    if (receipt !== null) return receipt
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  throw new TransactionError('NOT_MINED', `transaction ${hash} is not mined yet`)
}

/** Asked once more as a question, so that the contract says why. */
async function refusedAt(session: Session, plan: Plan, block: Hex): Promise<never> {
  await callContract(session.rpc, requestOf(session, plan), block)
  throw new TransactionError('REVERTED', 'it was mined and refused, and would be taken now')
}
