/** @module Sends one transaction to the contract and tells what it spent. */
import { encodeCall } from '../../../contracts/abi/calls.ts'
import type { Hex } from '../../../domain/bytes.ts'
import type { Account, TestChain } from '../../support/chain.ts'
import type { Spent } from './fee-models.ts'

export async function measure(
  it: TestChain,
  as: Account,
  name: string,
  args: readonly unknown[],
  value = 0n,
): Promise<Spent> {
  const data = encodeCall(name, args)
  const receipt = await as.sender.send({ to: it.contract.address, data, value })
  const raw = await it.chain.rpc.request<Hex>('eth_getRawTransactionByHash', [receipt.transactionHash])
  return { gas: Number(receipt.gasUsed), transaction: Buffer.from(raw.slice(2), 'hex'), share: 1 }
}
