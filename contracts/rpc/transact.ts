/** @module Transactions with one key: estimated, signed, brought onto the chain once, and explained when they fail. */
import { Wallet } from 'ethers'
import { type Call, chainIdOf, estimateGas, type Fees, pendingNonce, suggestFees } from './ask-node.ts'
import { deliver, type Receipt } from './deliver.ts'
import type { Rpc } from './json-rpc.ts'
import { signTransaction } from './sign.ts'
import { TransactionError } from './transaction-error.ts'

export {
  balanceOf,
  type Call,
  callContract,
  chainIdOf,
  estimateGas,
  type Fees,
  minedNonce,
  pendingNonce,
  suggestFees,
} from './ask-node.ts'
export { deliver, type Receipt, sendRaw } from './deliver.ts'
export { TransactionError } from './transaction-error.ts'

type Hex = `0x${string}`

export interface Sender {
  /** Lower case. */
  readonly address: Hex
  /** Estimates, signs, sends and waits until mined. Rejects TransactionError or RpcError. */
  send(call: Call): Promise<Receipt>
  /** Returns the signed bytes, so that a resend can be byte-identical. */
  sign(call: Omit<Call, 'fees'> & { nonce: number; chainId: bigint; gas: bigint } & Fees): Hex
}

export function createSender(rpc: Rpc, privateKey: string): Sender {
  const wallet = new Wallet(privateKey)
  const address = wallet.address.toLowerCase() as Hex
  const key = Buffer.from(wallet.privateKey.slice(2), 'hex')
  const sign: Sender['sign'] = (call) => signTransaction(call, key)
  return {
    address,
    sign,
    async send({ fees: given, ...call }) {
      const gas = call.gas ?? (await estimateGas(rpc, address, call))
      for (let attempt = 1; ; attempt++) {
        const [nonce, chainId, fees] = await Promise.all([
          pendingNonce(rpc, address),
          chainIdOf(rpc),
          given ?? suggestFees(rpc),
        ])
        const delivered = deliver(rpc, sign({ ...call, gas, nonce, chainId, ...fees }))
        const receipt = await delivered.catch((error: unknown) => {
          // The nonce is used, and not by these bytes: an endpoint that lags told it. Nothing of ours took effect.
          const isLagging = error instanceof TransactionError && error.code === 'NONCE_TOO_LOW'
          if (!isLagging || attempt === NONCE_ATTEMPTS) throw error
        })
        if (receipt !== undefined) return receipt
        await new Promise((resolve) => setTimeout(resolve, NONCE_PAUSE_MS))
      }
    },
  }
}

const NONCE_ATTEMPTS = 4
const NONCE_PAUSE_MS = 250
