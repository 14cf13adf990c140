/** @module The recorder's money: what it spent, what it may spend, what it has, and a warning while there is time. */
import { formatEther } from 'ethers'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { balanceOf } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import type { SpendingStatus } from '../port.ts'
import { Spending } from './spending.ts'

export interface PurseOptions {
  thread: JournalThread
  address: Address
  /** Wei that any hour may cost at most; undefined: as much as there is. */
  spendPerHour: bigint | undefined
  clock: () => number
}

const LOOK_MS = 60_000
const ENOUGH_HOURS = 24n
const ENOUGH_BATCHES = 10n
/** More than there is. */
const UNLIMITED = 1n << 128n

export class Purse {
  readonly #options: PurseOptions
  readonly #spending: Spending
  #balance: bigint | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #lastCost = 0n

  private constructor(options: PurseOptions, text: string | undefined) {
    this.#options = { ...options }
    this.#spending = new Spending(options.clock, text)
  }

  static async open(options: PurseOptions): Promise<Purse> {
    return new Purse(options, await options.thread.call({ kind: 'spending' }))
  }

  setLimit(spendPerHour: bigint | undefined): void {
    this.#options.spendPerHour = spendPerHour
  }

  /** Wei that the transaction of `nonce` may cost now. */
  leftFor(nonce: number): bigint {
    const { spendPerHour } = this.#options
    return spendPerHour === undefined ? UNLIMITED : this.#spending.left(spendPerHour, nonce)
  }

  get limit(): bigint | undefined {
    return this.#options.spendPerHour
  }

  /** Milliseconds until so much may be spent. */
  waitFor(wei: bigint): number {
    const { spendPerHour } = this.#options
    return spendPerHour === undefined ? 0 : this.#spending.waitFor(wei, spendPerHour)
  }

  /** What a transaction may cost is on disk before it goes out, what it did cost replaces it. */
  async note(nonce: number, wei: bigint, gas: number): Promise<void> {
    if (gas > 0) this.#lastCost = wei
    this.#lookedAt = Number.NEGATIVE_INFINITY
    this.#spending.note(nonce, wei, gas)
    await this.#options.thread.call({ kind: 'noteSpending', text: this.#spending.toString() })
  }

  /** Looks at the balance, at most once a minute while nothing is spent. */
  async look(node: Rpc): Promise<void> {
    const { clock, address } = this.#options
    if (clock() - this.#lookedAt < LOOK_MS && this.warning === null) return
    this.#lookedAt = clock()
    this.#balance = await balanceOf(node, address)
  }

  get warning(): string | null {
    const { wei } = this.#spending.lastHour()
    const balance = this.#balance
    if (balance === undefined || (balance >= wei * ENOUGH_HOURS && balance >= this.#lastCost * ENOUGH_BATCHES))
      return null
    const lasts = wei === 0n ? '' : `, enough for about ${balance / wei} hours at the last one’s pace`
    return `The recorder ${this.#options.address} has ${formatEther(balance)} ETH left${lasts}. Send it some.`
  }

  status(): SpendingStatus {
    const { wei, gas } = this.#spending.lastHour()
    return {
      lastHourWei: wei.toString(),
      lastHourGas: gas,
      limitWei: this.#options.spendPerHour?.toString() ?? null,
      balanceWei: this.#balance?.toString() ?? null,
    }
  }
}
