/** @module What a transaction itself says of its batch: the record bytes that it carries, hashed. */
import { type Bytes32, type Hex, keccak256, toHex } from '../../domain/bytes.ts'
import type { TestChain } from './chain.ts'

/** Returns keccak256 of the record bytes in a `recordBatch` transaction, read from its input. */
export async function recordsHashOf(it: TestChain, transaction: string): Promise<Bytes32> {
  const { input } = await it.chain.rpc.request<{ input: Hex }>('eth_getTransactionByHash', [transaction])
  const data = Buffer.from(input.slice(10), 'hex') // without the selector
  const offset = Number(BigInt(toHex(data.subarray(32, 64)))) // the second argument is dynamic
  const length = Number(BigInt(toHex(data.subarray(offset, offset + 32))))
  return toHex(keccak256(data.subarray(offset + 32, offset + 32 + length)))
}
