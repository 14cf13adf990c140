/** @module Signed transactions with one key: estimated, sent, waited for, and explained when they fail. */
import { Transaction, Wallet } from 'ethers'
import { explainRevert } from '../abi/calls.ts'
import { quantity } from './blocks.ts'
import { type Rpc, RpcError } from './json-rpc.ts'

type Hex = `0x${string}`

export type TransactionErrorCode =
  | 'REVERTED'
  | 'INSUFFICIENT_FUNDS'
  | 'NONCE_TOO_LOW'
  | 'ALREADY_KNOWN'
  | 'UNDERPRICED'
  | 'NOT_MINED'
  | 'REFUSED'

export class TransactionError extends Error {
  override readonly name = 'TransactionError'
  readonly code: TransactionErrorCode
  /** The contract's custom error and its values, for REVERTED. */
  readonly revert: { error: string; args: Record<string, unknown> } | undefined

  constructor(code: TransactionErrorCode, message: string, details: { revert?: Revert; cause?: unknown } = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.revert = details.revert
  }
}

type Revert = { error: string; args: Record<string, unknown> } | undefined

export interface Call {
  /** Absent: a contract is created. */
  to?: Hex
  data?: Hex
  value?: bigint
  gas?: bigint
}

export interface Receipt {
  transactionHash: Hex
  blockNumber: number
  blockHash: Hex
  gasUsed: bigint
  contractAddress: Hex | null
}

export interface Fees {
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

export interface Sender {
  /** Lower case. */
  readonly address: Hex
  /** Estimates, signs, sends and waits until mined. Rejects TransactionError or RpcError. */
  send(call: Call): Promise<Receipt>
  /** Returns the signed bytes, so that a resend can be byte-identical. */
  sign(call: Call & { nonce: number; chainId: bigint; gas: bigint } & Fees): Hex
}

export function createSender(rpc: Rpc, privateKey: string): Sender {
  const wallet = new Wallet(privateKey)
  const address = wallet.address.toLowerCase() as Hex
  const sign: Sender['sign'] = ({ gas, ...call }) => {
    const transaction = Transaction.from({ type: 2, gasLimit: gas, ...call })
    transaction.signature = wallet.signingKey.sign(transaction.unsignedHash)
    return transaction.serialized as Hex
  }
  return {
    address,
    sign,
    async send(call) {
      const gas = call.gas ?? (await estimateGas(rpc, address, call))
      const [nonce, chainId, fees] = await Promise.all([pendingNonce(rpc, address), chainIdOf(rpc), suggestFees(rpc)])
      const hash = await sendRaw(rpc, sign({ ...call, gas, nonce, chainId, ...fees }))
      return waitForReceipt(rpc, hash)
    },
  }
}

export const chainIdOf = async (rpc: Rpc): Promise<bigint> => BigInt(await rpc.request<Hex>('eth_chainId'))

export const pendingNonce = async (rpc: Rpc, address: Hex): Promise<number> =>
  Number(await rpc.request<Hex>('eth_getTransactionCount', [address, 'pending']))

/** Returns what a transaction costs now, plus a fifth: state may change before it is mined. */
export async function estimateGas(rpc: Rpc, from: Hex, call: Call): Promise<bigint> {
  const request = { from, ...toRpc(call) }
  // `pending`: at `latest` an idle chain still shows the last block's time, and what is dated now would revert.
  const gas = await rpc.request<Hex>('eth_estimateGas', [request, 'pending']).catch(throwExplained)
  return (BigInt(gas) * 6n) / 5n
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

/** Hands signed bytes to the node. Rejects TransactionError with what the node's words mean. */
export const sendRaw = (rpc: Rpc, signed: Hex): Promise<Hex> =>
  rpc.request<Hex>('eth_sendRawTransaction', [signed]).catch(throwExplained)

/** Resolves once mined and successful. Rejects REVERTED, or NOT_MINED after `timeoutMs`. */
export async function waitForReceipt(rpc: Rpc, hash: Hex, timeoutMs = 60_000): Promise<Receipt> {
  const end = performance.now() + timeoutMs
  for (let pause = 20; ; pause = Math.min(1_000, pause * 2)) {
    const receipt = await getReceipt(rpc, hash)
    if (receipt?.status === 'mined') return receipt
    if (receipt?.status === 'reverted')
      throw new TransactionError('REVERTED', `transaction ${hash} was mined and reverted`)
    if (performance.now() > end) {
      throw new TransactionError('NOT_MINED', `transaction ${hash} was not mined within ${timeoutMs / 1_000} s`)
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Returns the receipt, or undefined while the transaction is in no block. */
export async function getReceipt(
  rpc: Rpc,
  hash: Hex,
): Promise<(Receipt & { status: 'mined' | 'reverted' }) | undefined> {
  const raw = await rpc.request<Record<string, Hex> | null>('eth_getTransactionReceipt', [hash])
  if (raw === null || raw.blockNumber === undefined || raw.blockHash === undefined) return undefined
  return {
    transactionHash: hash,
    blockNumber: Number(raw.blockNumber),
    blockHash: raw.blockHash,
    gasUsed: BigInt(raw.gasUsed ?? 0),
    contractAddress: raw.contractAddress ?? null,
    status: raw.status === '0x1' ? 'mined' : 'reverted',
  }
}

/** Calls a view function. Rejects TransactionError REVERTED with the custom error. */
export const callContract = (rpc: Rpc, call: Call & { to: Hex }, block: string = 'latest'): Promise<Hex> =>
  rpc.request<Hex>('eth_call', [toRpc(call), block]).catch(throwExplained)

const toRpc = ({ to, data, value }: Call) => ({
  ...(to === undefined ? {} : { to }),
  ...(data === undefined ? {} : { data }),
  ...(value === undefined ? {} : { value: quantity(value) }),
})

function throwExplained(error: unknown): never {
  if (!(error instanceof RpcError) || error.code !== 'RPC_ERROR') throw error
  const revert = error.data === undefined ? undefined : explainRevert(error.data)
  if (revert !== undefined) {
    const values = Object.entries(revert.args).map(([name, value]) => `${name} ${value}`)
    throw new TransactionError('REVERTED', `the contract refused: ${revert.error}(${values.join(', ')})`, {
      revert,
      cause: error,
    })
  }
  throw new TransactionError(codeOf(error.message), error.message, { cause: error })
}

/** Nodes agree on no error numbers for these, only on words (geth's txpool errors, which anvil and others repeat). */
function codeOf(message: string): TransactionErrorCode {
  if (/insufficient funds/i.test(message)) return 'INSUFFICIENT_FUNDS'
  if (/nonce too low/i.test(message)) return 'NONCE_TOO_LOW'
  if (/already (known|imported)/i.test(message)) return 'ALREADY_KNOWN'
  if (/underpriced/i.test(message)) return 'UNDERPRICED'
  return /revert/i.test(message) ? 'REVERTED' : 'REFUSED'
}
