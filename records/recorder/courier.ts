/**
 * @module Carries one batch at a time to the chain. A nonce belongs to one batch until it is mined: what is stuck goes out
 * again under the same nonce, with the same call data, at fees that a node takes as a replacement, up to a bound. So
 * whichever of them is mined, the batch is recorded once and paid for once.
 */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import {
  deliver,
  estimateGas,
  type Fees,
  minedNonce,
  type Receipt,
  type Sender,
  suggestFees,
  TransactionError,
} from '../../contracts/rpc/transact.ts'
import type { Address, Hex } from '../../domain/bytes.ts'
import { dearInWords, HeldBack } from './explain.ts'

export interface CourierOptions {
  sender: Sender
  contract: Address
  chainId: bigint
  /** Wei a gas, never exceeded. */
  maxFeePerGas: bigint
  /** How long a transaction may wait for its block before it is replaced. */
  stuckAfterMs: number
  clock: () => number
}

export interface Parcel {
  /** The call's data: fixed by the batch. */
  data: Hex
  /** What such a batch takes at most, where the node cannot be asked. */
  usualGas: bigint
  /** Wei that it may cost at most. */
  budget: (nonce: number) => bigint
  /** Told before the bytes leave: which nonce, and how many wei it may cost. */
  onOut: (nonce: number, wei: bigint) => Promise<void>
}

/** The transaction that is out under the next nonce. */
interface Out {
  data: Hex
  nonce: number
  gas: bigint
  fees: Fees
  signed: Hex
  at: number
}

/** Nodes ask for a tenth more before they replace. */
const RAISE = [9n, 8n] as const
const RAISES_AT_ONCE = 24
/** Another endpoint is asked soon: the same bytes go out there. */
const SILENCE_MS = 3_000

export class Courier {
  readonly #options: CourierOptions
  /** Kept after its block was told: a lie, or a reorg, and the same bytes are wanted again. */
  #out: Out | undefined

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Resolves with what the node says of it. Rejects TransactionError, or RpcError when no answer came. */
  async bring(node: Rpc, parcel: Parcel): Promise<Receipt> {
    const { stuckAfterMs, clock, sender } = this.#options
    const nonce = await minedNonce(node, sender.address)
    const out = this.#out
    const isOut = out !== undefined && out.nonce === nonce && out.data === parcel.data
    if (!isOut) this.#out = await this.#first(node, nonce, parcel)
    else if (clock() - out.at >= stuckAfterMs) this.#out = await this.#raised(node, out, parcel)
    return this.#deliver(node, parcel)
  }

  async #deliver(node: Rpc, parcel: Parcel): Promise<Receipt> {
    for (let raises = 0; ; raises++) {
      const out = this.#out as Out
      await parcel.onOut(out.nonce, out.gas * out.fees.maxFeePerGas)
      try {
        return await deliver(node, out.signed, { timeoutMs: this.#options.stuckAfterMs, silenceMs: SILENCE_MS })
      } catch (error) {
        // Something of ours stands there already, of before a restart, at fees that nobody remembers.
        const isUnderpriced = error instanceof TransactionError && error.code === 'UNDERPRICED'
        if (!isUnderpriced || raises === RAISES_AT_ONCE) throw error
        this.#out = await this.#raised(node, out, parcel)
        if (this.#out.signed === out.signed) throw error
      }
    }
  }

  async #first(node: Rpc, nonce: number, parcel: Parcel): Promise<Out> {
    const gas = await this.#gas(node, parcel)
    const fees = await suggestFees(node)
    const bound = this.#bound(gas, parcel.budget(nonce))
    // Twice the base fee and the tip was suggested: about half of it is what the next block asks for.
    const asked = (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n
    if (asked > bound) throw new HeldBack(dearInWords(asked, bound))
    return this.#sign({ data: parcel.data, nonce, gas, fees: within(fees, bound) })
  }

  /** Rejects when the bound does not allow a replacement: then what is out stays out, and is told again. */
  async #raised(node: Rpc, out: Out, { budget }: Parcel): Promise<Out> {
    const [num, den] = RAISE
    const now = await suggestFees(node)
    const least = (fee: bigint): bigint => (fee * num) / den + 1n
    const maxFeePerGas = max(least(out.fees.maxFeePerGas), now.maxFeePerGas)
    const tip = max(least(out.fees.maxPriorityFeePerGas), now.maxPriorityFeePerGas)
    const bound = this.#bound(out.gas, budget(out.nonce))
    if (least(out.fees.maxFeePerGas) > bound) return { ...out, at: this.#options.clock() }
    const fees = within({ maxFeePerGas, maxPriorityFeePerGas: tip }, bound)
    return this.#sign({ ...out, fees })
  }

  #bound(gas: bigint, budget: bigint): bigint {
    const { maxFeePerGas } = this.#options
    const affordable = budget / gas
    return affordable < maxFeePerGas ? affordable : maxFeePerGas
  }

  #sign(out: Omit<Out, 'signed' | 'at'>): Out {
    const { sender, contract, chainId, clock } = this.#options
    const { data, nonce, gas, fees } = out
    return { ...out, signed: sender.sign({ to: contract, data, nonce, gas, chainId, ...fees }), at: clock() }
  }

  async #gas(node: Rpc, { data, usualGas }: Parcel): Promise<bigint> {
    const { sender, contract } = this.#options
    return estimateGas(node, sender.address, { to: contract, data }).catch((error: unknown) => {
      // The pending state already holds this batch: we sent it before a restart, and it is stuck.
      const isPending = error instanceof TransactionError && error.revert?.error === 'FlyTrapWrongSequence'
      if (isPending) return usualGas
      throw error
    })
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const within = ({ maxFeePerGas, maxPriorityFeePerGas }: Fees, bound: bigint): Fees => {
  const fee = maxFeePerGas < bound ? maxFeePerGas : bound
  return { maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas < fee ? maxPriorityFeePerGas : fee }
}
