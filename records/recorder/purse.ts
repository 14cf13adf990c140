/** @module The recorder's money: what it spent, what it may spend, what it has, and a warning while there is time. */
import { formatEther } from 'ethers'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { balanceOf, type Fees } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import type { SpendingStatus } from '../port.ts'
import type { Money } from './courier.ts'
import { dearInWords, tooDearToIssue } from './explain.ts'
import { BATCH_GAS, RECORD_GAS, usualGas } from './gas.ts'
import { Spending } from './spending.ts'

export interface PurseOptions {
  thread: JournalThread
  address: Address
  /** Wei that any hour may cost at most; undefined: as much as there is. */
  spendPerHour: bigint | undefined
  clock: () => number
}

const LOOK_MS = 60_000
const HOUR_MS = 3_600_000n
const ENOUGH_HOURS = 24n
const HOURS_A_MONTH = 30n * 24n
const ENOUGH_BATCHES = 10n
/** More than there is. */
const UNLIMITED = 1n << 128n

export class Purse implements Money {
  readonly #options: PurseOptions
  readonly #spending: Spending
  #balance: bigint | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #lastCost = 0n
  /** Wei that a unit of gas costs, as last looked at. */
  #price = 0n
  /** As it stands on disk. */
  #saved = ''

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

  tooDear(asked: bigint, bound: bigint): string {
    return dearInWords(asked, bound)
  }

  /** The same purse for anchoring reports: people ask for them, and half of each hour's limit is for records alone. */
  forReports(): Money {
    const { spendPerHour } = this.#options
    const half = spendPerHour === undefined ? undefined : spendPerHour / 2n
    return {
      leftFor: (nonce) => (half === undefined ? UNLIMITED : this.#spending.left(half, nonce)),
      tooDear: tooDearToIssue,
      reserve: (nonce, wei) => this.reserve(nonce, wei),
      countedFor: (nonce) => this.countedFor(nonce),
      spent: (nonce, wei, gas) => this.spent(nonce, wei, gas),
      save: () => this.save(),
    }
  }

  get limit(): bigint | undefined {
    return this.#options.spendPerHour
  }

  /**
   * Returns how many records a batch may have, so that an hour's limit can pay for it, and how many milliseconds building
   * must wait for money. Asked before it is built: a batch that has to wait shall take in what comes meanwhile.
   */
  afford(fees: Fees, { most, waiting }: { most: number; waiting: number }): { records: number; wait: number } {
    const { spendPerHour } = this.#options
    if (spendPerHour === undefined) return { records: most, wait: 0 }
    const price = (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n
    this.#price = price
    if (price === 0n) return { records: most, wait: 0 } // closed networks give gas away
    const fits = (spendPerHour / price - BATCH_GAS) / RECORD_GAS
    const records = fits < BigInt(most) ? Math.max(1, Number(fits)) : most
    const next = usualGas(Math.min(waiting, records)) * price
    return { records, wait: waiting === 0 ? 0 : this.#spending.waitFor(next, spendPerHour) }
  }

  /** Returns for how many milliseconds' spending so many records are, at the last price; 0 where nothing limits it. */
  timeFor(records: number): number {
    const { spendPerHour } = this.#options
    if (spendPerHour === undefined || records === 0) return 0
    return Number((usualGas(records) * this.#price * HOUR_MS) / spendPerHour)
  }

  /** What the transaction of `nonce` may cost, until it is known. */
  reserve(nonce: number, wei: bigint): void {
    this.#spending.note(nonce, wei, 0)
  }

  countedFor(nonce: number): bigint {
    return this.#spending.countedFor(nonce)
  }

  spent(nonce: number, wei: bigint, gas: number): void {
    if (gas > 0) this.#lastCost = wei
    this.#lookedAt = Number.NEGATIVE_INFINITY
    this.#spending.note(nonce, wei, gas)
  }

  /** What may be spent is on disk before it goes out: a process that starts over must know. */
  async save(): Promise<void> {
    const text = this.#spending.toString()
    if (text === this.#saved) return
    await this.#options.thread.call({ kind: 'noteSpending', text })
    this.#saved = text
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
      monthWei: (wei * HOURS_A_MONTH).toString(),
      limitWei: this.#options.spendPerHour?.toString() ?? null,
      balanceWei: this.#balance?.toString() ?? null,
    }
  }
}
