/**
 * @module Follows the chain and runs the mapping, block by block. A reorganisation is undone back to the last block that
 * both histories share; a mapping that fails stops the history before its block, and says so.
 */
import type { Logger } from 'pino'
import type { ContractEvent } from '../../contracts/abi/events.ts'
import { type Block, getBlock } from '../../contracts/rpc/blocks.ts'
import { pinned, type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { lastShared } from './last-shared.ts'
import type { Build } from './manifest.ts'
import type { IndexedBlock } from './port.ts'
import type { EntityStore } from './store/entity-store.ts'
import type { EventArgument } from './wasm/ethereum.ts'
import { DeterministicError } from './wasm/heap.ts'
import type { Mapping } from './wasm/mapping.ts'

export interface IndexerOptions {
  rpc: Rpc
  store: EntityStore
  mapping: Mapping
  build: Build
  contract: `0x${string}`
  deployBlock: number
  /** May the chain come back shorter? Elsewhere a lower head is a node that lags. */
  mayLoseBlocks: boolean
  log: Logger
}

interface FullBlock extends Record<string, unknown> {
  transactions: Record<string, unknown>[]
}

/** A log is about a kilobyte of JSON, and several of memory. */
const LOGS_AT_ONCE = 1_000

export class Indexer {
  readonly #options: IndexerOptions
  chainHeight: number | undefined
  failure: string | undefined
  /** The one endpoint that this round reads from: two nodes may be on two histories. */
  #rpc: Rpc

  constructor(options: IndexerOptions) {
    this.#options = options
    this.#rpc = options.rpc
  }

  /** Indexes up to the chain's present head. Rejects RpcError; a failed mapping is kept in `failure`. */
  async advance(): Promise<void> {
    const { store, contract, deployBlock } = this.#options
    this.#rpc = await pinned(this.#options.rpc)
    const rpc = this.#rpc
    const head = await getBlock(rpc, 'latest')
    if (head === undefined || this.failure !== undefined) return
    this.#assertNotLagging(head)
    this.chainHeight = head.number
    if (store.head()?.hash === head.hash) return
    await this.#undoReorganised()
    const fromBlock = Math.max(deployBlock, (store.head()?.number ?? -1) + 1)
    const range = { address: contract, fromBlock, toBlock: head.number, atOnce: LOGS_AT_ONCE }
    for await (const events of readEvents(rpc, range)) {
      // Logs of another history than the head's would mix two: the next round begins anew.
      if ((await getBlock(rpc, head.number))?.hash !== head.hash) return
      for (const block of byBlock(events)) {
        await this.#index(block)
        if (this.failure !== undefined) return
      }
    }
    if (fromBlock <= head.number) this.#commit(head)
  }

  #assertNotLagging({ number }: Block): void {
    const known = this.#options.store.head()?.number ?? -1
    if (number >= known || this.#options.mayLoseBlocks) return
    throw new RpcError('RPC_INVALID', `${this.#rpc.name} is at block ${number}, the history at ${known}: it lags`)
  }

  async #index(events: readonly ContractEvent[]): Promise<void> {
    const { store, log } = this.#options
    const hash = events[0]?.log.blockHash
    const raw = await this.#rpc.request<FullBlock | null>('eth_getBlockByHash', [hash, true])
    if (raw === null) throw new Error(`the node no longer has block ${hash}`)
    const transactions = new Map(raw.transactions.map((transaction) => [transaction.hash, transaction]))
    try {
      // No pause from here to the commit: readers would see the middle of a block.
      store.begin(Number(raw.number))
      for (const event of events) this.#run(event, raw, transactions.get(event.log.transactionHash) ?? {})
      const { number, timestamp } = { number: Number(raw.number), timestamp: Number(raw.timestamp) }
      store.commit({ number, hash: hash ?? '0x', timestamp })
    } catch (error) {
      store.discard()
      if (!(error instanceof DeterministicError)) throw error
      this.failure = `block ${Number(raw.number)}: ${error.message}`
      log.error({ err: error, block: Number(raw.number) }, 'mapping failed: the history stops before this block')
    }
  }

  #run(event: ContractEvent, block: Record<string, unknown>, transaction: Record<string, unknown>): void {
    const { build, mapping } = this.#options
    const handled = build.handlers.get(event.name)
    if (handled === undefined) return
    const values = event.args as Record<string, EventArgument['value']>
    const args = handled.inputs.map(({ name, type }) => ({ name, type, value: values[name] ?? '' }))
    const { address, logIndex } = event.log
    mapping.run(handled.handler, { address, logIndex, block, transaction, args })
  }

  #commit(head: Block): void {
    this.#options.store.commit({ number: head.number, hash: head.hash, timestamp: head.timestamp })
  }

  async #undoReorganised(): Promise<void> {
    const { store, log } = this.#options
    const head = store.head()
    if (head === undefined) return
    const isOnChain = async ({ number, hash }: IndexedBlock): Promise<boolean> =>
      (await getBlock(this.#rpc, number))?.hash === hash
    const shared = await lastShared(head, { blockUpTo: (number) => store.blockBelow(number + 1), isOnChain })
    if (shared?.number === head.number) return
    log.warn({ from: head.number, to: shared?.number ?? null }, 'reorganisation: history undone')
    store.revertTo(shared?.number ?? -1)
  }
}

function byBlock(events: readonly ContractEvent[]): ContractEvent[][] {
  const blocks: ContractEvent[][] = []
  for (const event of events) {
    const last = blocks.at(-1)
    if (last !== undefined && last[0]?.log.blockHash === event.log.blockHash) last.push(event)
    else blocks.push([event])
  }
  return blocks
}
