/**
 * @module Pays out owners' income, so that they need not: every while, whoever is owed more than a threshold, from a key
 * of its own that pays the gas. Money goes to the account itself and nowhere else; the contract sees to that.
 */
import type { Logger } from 'pino'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { pinned, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { createSender, type Fees, suggestFees, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address, Hex } from '../../domain/bytes.ts'
import { loadMemory, type Memory, type Refusing, saveMemory } from './memory.ts'
import { type PaidOut, payOut } from './pay-out.ts'

export interface KeeperOptions {
  rpc: Rpc
  deployment: { chainId: bigint; contract: Address; deployBlock: number }
  key: Hex
  /** Wei; at least this is owed before it is paid out. */
  above: bigint
  everyMs: number
  /** Wei; while gas costs more, nothing is paid out. */
  maxGasPrice: bigint
  /** Basis points of a payout that its gas may cost. */
  maxCost: number
  memoryPath: string
  /** How long an account whose payout fails is let alone at first; twice as long after each failure, at most a week. */
  backOffMs?: number
  clock?: () => number
  log: Logger
}

export interface KeeperStatus {
  address: Address
  /** Wei, in decimal. */
  above: string
  payouts: number
  paid: string
  spent: string
  /** Accounts with credit when last looked at. */
  owed: number
  /** Who cannot be paid, since when it is let alone, and why. */
  refusing: ({ account: string } & Refusing)[]
  /** Why nothing is paid out at the moment, in words; null when all is well. */
  trouble: string | null
}

export interface Keeper {
  /** Reads who is owed and pays. Never rejects: what failed is told by the status and tried in the next round. */
  round(): Promise<void>
  status(): KeeperStatus
  stop(): Promise<void>
}

/** Blocks that are read again, so that a reorganisation hides nobody. */
const OVERLAP = 128
const BACK_OFF_MS = 3_600_000
const LONGEST_BACK_OFF_MS = 7 * 86_400_000

export function startKeeper(options: KeeperOptions): Keeper {
  const keeper = new Rounds(options)
  let running = keeper.round()
  const timer = setInterval(() => {
    running = keeper.round()
  }, options.everyMs)
  return {
    round: () => keeper.round(),
    status: () => keeper.status(),
    async stop() {
      clearInterval(timer)
      keeper.stop()
      await running
    },
  }
}

class Rounds {
  readonly #options: KeeperOptions
  readonly #memory: Memory
  readonly #sender: ReturnType<typeof createSender>
  #trouble: string | null = null
  #round: Promise<void> | undefined
  #stopped = false

  constructor(options: KeeperOptions) {
    const { chainId, contract, deployBlock } = options.deployment
    this.#options = options
    this.#memory = loadMemory(options.memoryPath, { deployment: `${chainId}/${contract}/${deployBlock}`, deployBlock })
    this.#sender = createSender(options.rpc, options.key)
  }

  stop(): void {
    this.#stopped = true
  }

  status(): KeeperStatus {
    const { payouts, paid, spent, owed, refusing } = this.#memory
    return {
      address: this.#sender.address,
      above: this.#options.above.toString(),
      ...{ payouts, paid, spent, owed: owed.length },
      refusing: Object.entries(refusing).map(([account, why]) => ({ account, ...why })),
      trouble: this.#trouble,
    }
  }

  round(): Promise<void> {
    this.#round ??= this.#tryRound().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async #tryRound(): Promise<void> {
    try {
      const { owed, block } = await this.#whoIsOwed()
      this.#trouble = await this.#payAll(owed)
      this.#memory.block = block
      saveMemory(this.#options.memoryPath, this.#memory)
    } catch (error) {
      this.#trouble = explain(error, this.#sender.address)
      this.#options.log.warn({ err: error }, 'keeper cannot pay out, trying again')
    }
  }

  async #whoIsOwed(): Promise<{ owed: Address[]; block: number }> {
    const { rpc, deployment } = this.#options
    const node = await pinned(rpc)
    const head = await getBlock(node, 'latest')
    if (head === undefined) throw new Error('the node has no latest block')
    const fromBlock = Math.max(deployment.deployBlock, this.#memory.block + 1 - OVERLAP)
    const names = ['Credited', 'Withdrawn'] as const
    const owed = new Set<Address>(this.#memory.owed)
    for await (const events of readEvents(node, {
      address: deployment.contract,
      fromBlock,
      toBlock: head.number,
      names,
    })) {
      for (const { name, args } of events) if (name === 'Credited' || name === 'Withdrawn') owed.add(args.account)
    }
    return { owed: [...owed], block: head.number }
  }

  /** Returns why some were not paid. */
  async #payAll(accounts: readonly Address[]): Promise<string | null> {
    this.#memory.owed = [...accounts] // kept whatever comes: the blocks that told of them are not read for ever
    const fees = await this.#fees()
    if (fees === undefined) return 'gas costs more than FLYTRAP_KEEPER_MAX_GAS_PRICE at the moment'
    const still: Address[] = []
    for (const account of accounts) {
      // What a stop or a failure leaves undone is owed still.
      if (this.#stopped || this.#isLetAlone(account)) still.push(account)
      else if (await this.#pay(account, fees)) still.push(account)
    }
    this.#memory.owed = still
    return null
  }

  async #fees(): Promise<Fees | undefined> {
    const { rpc, maxGasPrice } = this.#options
    const fees = await suggestFees(rpc)
    // Twice the base fee and the tip: what the next block asks for is about half of it.
    if ((fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n > maxGasPrice) return undefined
    const maxFeePerGas = fees.maxFeePerGas < maxGasPrice ? fees.maxFeePerGas : maxGasPrice
    const tip = fees.maxPriorityFeePerGas < maxFeePerGas ? fees.maxPriorityFeePerGas : maxFeePerGas
    return { maxFeePerGas, maxPriorityFeePerGas: tip }
  }

  #isLetAlone(account: Address): boolean {
    const { clock = Date.now } = this.#options
    return (this.#memory.refusing[account]?.notBefore ?? 0) > clock()
  }

  /** Returns whether the account is owed still. Saved after each: a crash forgets neither a payout nor a refusal. */
  async #pay(account: Address, fees: Fees): Promise<boolean> {
    const { rpc, deployment, above, maxCost, memoryPath } = this.#options
    const place = { rpc, contract: deployment.contract, sender: this.#sender, fees }
    const result = await payOut(account, place, { above, maxCost })
    this.#note(account, result)
    if (result.kind === 'paid' || result.kind === 'refused') saveMemory(memoryPath, this.#memory)
    return result.kind !== 'nothing' && result.kind !== 'paid'
  }

  #note(account: Address, result: PaidOut): void {
    const { log } = this.#options
    const memory = this.#memory
    if (result.kind === 'paid' || result.kind === 'nothing') delete memory.refusing[account]
    if (result.kind === 'refused') {
      memory.spent = (BigInt(memory.spent) + result.spent).toString()
      this.#letAlone(account, result.why)
    }
    if (result.kind !== 'paid') return
    memory.payouts++
    memory.paid = (BigInt(memory.paid) + result.credit).toString()
    memory.spent = (BigInt(memory.spent) + result.spent).toString()
    const { credit, spent, transactionHash } = result
    log.info({ account, wei: credit.toString(), gasWei: spent.toString(), transactionHash }, 'income paid out')
  }

  #letAlone(account: Address, why: string): void {
    const { backOffMs = BACK_OFF_MS, clock = Date.now, log } = this.#options
    const failures = (this.#memory.refusing[account]?.failures ?? 0) + 1
    const pause = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2 ** Math.min(20, failures - 1))
    this.#memory.refusing[account] = { failures, notBefore: clock() + pause, why }
    log.warn({ account, failures, why }, 'income cannot be paid out: the account is let alone for a while')
  }
}

function explain(error: unknown, keeper: Address): string {
  if (error instanceof TransactionError && error.code === 'INSUFFICIENT_FUNDS') {
    return `The keeper ${keeper} has no ETH for gas. Send it some.`
  }
  return error instanceof Error ? error.message : String(error)
}
