/** @module What is asked of a node before a transaction, and without one: no key, so that pages in a browser load it too. */
import { quantity } from './blocks.ts'
import { type Rpc, RpcError } from './json-rpc.ts'
import { throwExplained } from './transaction-error.ts'

type Hex = `0x${string}`

export interface Call {
  /** Absent: a contract is created. */
  to?: Hex
  data?: Hex
  value?: bigint
  gas?: bigint
  /** Goes on top of an estimate. */
  spareGas?: bigint
  /** What the network asks for when absent. */
  fees?: Fees
}

export interface Fees {
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

export const chainIdOf = async (rpc: Rpc): Promise<bigint> => BigInt(await rpc.request<Hex>('eth_chainId'))

export const pendingNonce = async (rpc: Rpc, address: Hex): Promise<number> =>
  Number(await onPending((block) => rpc.request<Hex>('eth_getTransactionCount', [address, block])))

/** Returns the nonce that no transaction of this chain has used. */
export const minedNonce = async (rpc: Rpc, address: Hex): Promise<number> =>
  Number(await rpc.request<Hex>('eth_getTransactionCount', [address, 'latest']))

export const balanceOf = async (rpc: Rpc, address: Hex): Promise<bigint> =>
  BigInt(await rpc.request<Hex>('eth_getBalance', [address, 'latest']))

/** Returns what a transaction costs now, plus a fifth and what it asks for: state may change before it is mined. */
export async function estimateGas(rpc: Rpc, from: Hex, call: Call): Promise<bigint> {
  const request = { from, ...toRpc(call) }
  // `pending`: at `latest` an idle chain still shows the last block's time, and what is dated now would revert.
  const asked = onPending((block) => rpc.request<Hex>('eth_estimateGas', [request, block]))
  return (BigInt(await asked.catch(throwExplained)) * 6n) / 5n + (call.spareGas ?? 0n)
}

/** Asks about the block that would be next, at the present time. Not all endpoints know the tag `pending`: then of the latest. */
export async function onPending<T>(ask: (block: 'pending' | 'latest') => Promise<T>): Promise<T> {
  return ask('pending').catch((error: unknown) => {
    const isUnknown = error instanceof RpcError && error.data === undefined && /pending|block tag/i.test(error.reason)
    if (!isUnknown) throw error
    return ask('latest')
  })
}

/** Returns EIP-1559 fees that survive two full blocks of rising base fee. */
export async function suggestFees(rpc: Rpc): Promise<Fees> {
  const [block, tip] = await Promise.all([
    rpc.request<{ baseFeePerGas?: Hex }>('eth_getBlockByNumber', ['latest', false]),
    rpc.request<Hex>('eth_maxPriorityFeePerGas').catch(() => '0x3b9aca00' as Hex),
  ])
  const maxPriorityFeePerGas = BigInt(tip)
  return { maxPriorityFeePerGas, maxFeePerGas: BigInt(block.baseFeePerGas ?? 0) * 2n + maxPriorityFeePerGas }
}

/** Calls a view function. Rejects TransactionError REVERTED with the custom error. */
export const callContract = (rpc: Rpc, call: Call & { to: Hex }, block: string = 'latest'): Promise<Hex> =>
  rpc.request<Hex>('eth_call', [toRpc(call), block]).catch(throwExplained)

const toRpc = ({ to, data, value }: Call) => ({
  ...(to === undefined ? {} : { to }),
  ...(data === undefined ? {} : { data }),
  ...(value === undefined ? {} : { value: quantity(value) }),
})
