/**
 * @module Carries batches to the chain, several at a time, under consecutive nonces: a nonce belongs to one batch until it
 * is mined, and nonces are mined in order, as batches must be. What is stuck goes out again under the same nonce, with the
 * same call data, at fees that a node takes as a replacement, up to a bound: so whichever of them is mined, the batch is
 * recorded once and paid for once. Where the first one fails or is dropped, those after it revert or wait, and the next
 * round begins again with the first that the contract does not hold.
 */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import {
  deliver,
  estimateGas,
  type Fees,
  minedNonce,
  type Receipt,
  type Sender,
  sendRaw,
  suggestFees,
  TransactionError,
} from '../../contracts/rpc/transact.ts'
import type { Address, Hex } from '../../domain/bytes.ts'
import { passCrashPoint } from '../crash-points.ts'
import { HeldBack } from './explain.ts'
import { leastAfter, raised, within } from './fees.ts'

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
  /** What such a call takes at most, where the node cannot be asked. */
  usualGas: bigint
  /** The one nonce that it may have: under another it would be a second one. Alone, then. */
  onlyAt?: number
  /** How long its block is waited for at once, where that is less than until it counts as stuck. */
  patienceMs?: number
}

/** What the transactions may cost, and where it is written down. */
export interface Money {
  /** What to say where gas asks for more than may be paid: wei a gas, both. */
  tooDear(asked: bigint, bound: bigint): string
  /** Wei that the transaction of `nonce` may cost now, beside all that is reserved. */
  leftFor(nonce: number): bigint
  reserve(nonce: number, wei: bigint): void
  /** Wei that are counted for the transaction of `nonce`: feared, or known to be spent. */
  countedFor(nonce: number): bigint
  /** What is known replaces what was feared. */
  spent(nonce: number, wei: bigint, gas: number): void
  /** Resolves when it is on disk: before any byte leaves. */
  save(): Promise<void>
}

/** The transaction that is out, or goes out, under a nonce. */
interface Out {
  data: Hex
  nonce: number
  gas: bigint
  fees: Fees
  signed: Hex
  at: number
}

const RAISES_AT_ONCE = 24
const MOVED_ON = 'another transaction of this key was mined meanwhile, the chain is asked again'
/** Another endpoint is asked soon: the same bytes go out there. */
const SILENCE_MS = 3_000
/** Nonces that a reorg may give back: the same bytes are wanted again. */
const KEPT = 64

export class Courier {
  readonly #options: CourierOptions
  /** By nonce. Kept after its block was told: a lie, or a reorg, and the same bytes are wanted again. */
  readonly #outs = new Map<number, Out>()
  /** Wei that were counted for each nonce before this round: for other bytes under it, which may still be mined, or were. */
  readonly #countedBefore = new Map<number, bigint>()

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /**
   * Yields what the node says of each, in order; of fewer than were given where money or node take no more at once.
   * Rejects TransactionError, HeldBack, or RpcError when no answer came: what was not yielded is asked for anew.
   */
  async *bring(node: Rpc, parcels: readonly Parcel[], money: Money): AsyncGenerator<Receipt> {
    this.#countedBefore.clear()
    const outs = await this.#prepare(node, parcels, money)
    await money.save()
    passCrashPoint('spending-noted')
    const told = outs.length === 1 ? 0 : await tellInOrder(node, outs)
    for (const [i, { nonce }] of outs.slice(0, Math.max(1, told)).entries()) {
      const receipt = await this.#deliver(node, nonce, { money, isOut: i < told, patienceMs: parcels[i]?.patienceMs })
      money.spent(nonce, receipt.gasUsed * receipt.gasPrice, Number(receipt.gasUsed))
      yield receipt
    }
  }

  /** Signs what is to go out, and reserves what it may cost. */
  async #prepare(node: Rpc, parcels: readonly Parcel[], money: Money): Promise<Out[]> {
    const [head, ...followers] = parcels as [Parcel, ...Parcel[]]
    const first = await minedNonce(node, this.#options.sender.address)
    if (head.onlyAt !== undefined && head.onlyAt !== first) throw new TransactionError('NONCE_TOO_LOW', MOVED_ON)
    for (const nonce of this.#outs.keys()) if (nonce < first - KEPT) this.#outs.delete(nonce)
    const outs = [await this.#head(node, first, { parcel: head, money })]
    for (const [i, parcel] of followers.entries()) {
      const out = this.#follower(first + 1 + i, { parcel, money, head: { parcel: head, out: outs[0] as Out } })
      if (out === undefined) break
      outs.push(out)
    }
    return outs
  }

  async #head(node: Rpc, nonce: number, { parcel, money }: { parcel: Parcel; money: Money }): Promise<Out> {
    const { stuckAfterMs, clock } = this.#options
    const out = this.#outs.get(nonce)
    if (out?.data !== parcel.data) return this.#keep(await this.#first(node, nonce, { parcel, money }), money)
    return this.#keep(clock() - out.at >= stuckAfterMs ? await this.#raised(node, out, money) : out, money)
  }

  /** A later batch cannot be estimated before the first is mined: it gets what the first one takes, by its own size. */
  #follower(nonce: number, { parcel, money, head }: Follower): Out | undefined {
    const out = this.#outs.get(nonce)
    if (out?.data === parcel.data) return this.#keep(out, money)
    const usual = (parcel.usualGas * head.out.gas) / head.parcel.usualGas
    const gas = usual > parcel.usualGas ? usual : parcel.usualGas
    if (head.out.fees.maxFeePerGas > this.#bound(gas, money.leftFor(nonce))) return undefined
    return this.#keep(this.#sign({ data: parcel.data, nonce, gas, fees: head.out.fees }), money)
  }

  #keep(out: Out, money: Money): Out {
    this.#outs.set(out.nonce, out)
    if (!this.#countedBefore.has(out.nonce)) this.#countedBefore.set(out.nonce, money.countedFor(out.nonce))
    money.reserve(out.nonce, out.gas * out.fees.maxFeePerGas)
    return out
  }

  async #deliver(node: Rpc, nonce: number, { money, isOut, patienceMs = Infinity }: Delivery): Promise<Receipt> {
    const timing = { timeoutMs: Math.min(this.#options.stuckAfterMs, patienceMs), silenceMs: SILENCE_MS }
    for (let raises = 0; ; raises++) {
      const out = this.#outs.get(nonce) as Out
      try {
        return await deliver(node, out.signed, { ...timing, isOut })
      } catch (error) {
        // Something of ours stands there already, of before a restart, at fees that nobody remembers.
        const isUnderpriced = error instanceof TransactionError && error.code === 'UNDERPRICED'
        const next = isUnderpriced && raises < RAISES_AT_ONCE ? await this.#raised(node, out, money) : out
        if (next.signed === out.signed) {
          if (error instanceof TransactionError) this.#count(nonce, error, money)
          throw error
        }
        this.#keep(next, money)
        await money.save()
      }
    }
  }

  /** What may still be mined stays counted at its worst; bytes that were refused cost nothing, others before them may. */
  #count(nonce: number, { code, spent }: TransactionError, money: Money): void {
    if (code === 'NOT_MINED') return
    money.spent(nonce, spent > 0n ? spent : (this.#countedBefore.get(nonce) ?? 0n), 0)
  }

  async #first(node: Rpc, nonce: number, { parcel, money }: { parcel: Parcel; money: Money }): Promise<Out> {
    const gas = await this.#gas(node, parcel)
    const fees = await suggestFees(node)
    const bound = this.#bound(gas, money.leftFor(nonce))
    // Twice the base fee and the tip was suggested: about half of it is what the next block asks for.
    const asked = (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n
    if (asked > bound) throw new HeldBack(money.tooDear(asked, bound))
    return this.#sign({ data: parcel.data, nonce, gas, fees: within(fees, bound) })
  }

  /** What is out stays out, and is told again, where the bound does not allow a replacement. */
  async #raised(node: Rpc, out: Out, money: Money): Promise<Out> {
    const fees = raised(out.fees, await suggestFees(node))
    const bound = this.#bound(out.gas, money.leftFor(out.nonce))
    if (leastAfter(out.fees.maxFeePerGas) > bound) return { ...out, at: this.#options.clock() }
    return this.#sign({ ...out, fees: within(fees, bound) })
  }

  #bound(gas: bigint, budget: bigint): bigint {
    const { maxFeePerGas } = this.#options
    const affordable = budget / gas
    return affordable < maxFeePerGas ? affordable : maxFeePerGas
  }

  #sign(out: Omit<Out, 'signed' | 'at'>): Out {
    const { sender, contract, chainId, clock } = this.#options
    const { data, nonce, gas, fees } = out
    const signed = sender.sign({ to: contract, data, nonce, gas, chainId, ...fees })
    return { data, nonce, gas, fees, signed, at: clock() }
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

interface Delivery {
  money: Money
  isOut: boolean
  patienceMs: number | undefined
}

interface Follower {
  parcel: Parcel
  money: Money
  head: { parcel: Parcel; out: Out }
}

/**
 * Returns how many the node took. What it refused is the first of a later round, which then says why: here the ones
 * before it are on their way.
 */
async function tellInOrder(node: Rpc, outs: readonly Out[]): Promise<number> {
  for (const [i, { signed }] of outs.entries()) {
    const isTaken = await sendRaw(node, signed).then(
      () => true,
      () => false,
    )
    if (!isTaken) return i
  }
  return outs.length
}
