/**
 * @module The view that decides: the contract's events, followed by polling, folded in memory (DESIGN section 6). A
 * reorg rolls back to what is settled and folds again. When no poll succeeded for long it says so: fail closed.
 */
import { performance } from 'node:perf_hooks'
import type { ContractEvent } from '../../contracts/abi/events.ts'
import { type Block, getBlock } from '../../contracts/rpc/blocks.ts'
import type { EndpointHealth } from '../../contracts/rpc/endpoint.ts'
import { createFailoverRpc, type FailoverRpc } from '../../contracts/rpc/failover.ts'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { Views } from '../../domain/authorize.ts'
import { VIEW_EVENTS, View, type ViewEvent } from '../../domain/view.ts'
import { changeOf, EVERYTHING, type ViewChange } from './change.ts'
import { type BlockRef, loadSnapshot, type SnapshotPlace, saveSnapshot } from './snapshot.ts'

export interface ChainViewOptions extends SnapshotPlace {
  /** One endpoint, or several by preference, separated by commas. */
  rpcUrl: string
  confirmations: number
  pollMs: number
  staleAfterMs: number
  /** May the chain come back shorter? Only a development chain does; elsewhere a lower head is a node that lags. */
  mayLoseBlocks?: boolean
}

const DEVELOPMENT_CHAIN = 31_337n

/** A reorg deeper than this folds from the deployment again. */
const SETTLED_DEPTH = 64

export class ChainView {
  readonly #options: ChainViewOptions
  readonly #endpoints: FailoverRpc
  /** The one endpoint that this poll reads from: head, logs and hashes of two nodes may be of two histories. */
  #rpc: Rpc
  /** What a reorg rolls back to. */
  #settled: { block: BlockRef; view: View }
  /** Events above `#settled`, in chain order. */
  #recent: ContractEvent[] = []
  #newest: { block: BlockRef; view: View }
  #confirmed: View
  #lastSuccess = Number.NEGATIVE_INFINITY
  #epoch = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  /** Called with each new head's number, once the views that decide are those of it. */
  readonly onHead: ((block: number) => void)[] = []
  /** Called after each change, with the views that decide from now on. */
  onChange: (change: ViewChange) => void = () => {}

  constructor(options: ChainViewOptions) {
    this.#options = options
    const deployment = { chainId: options.chainId, address: options.contract }
    this.#endpoints = createFailoverRpc(options.rpcUrl, { deployment, log: options.log })
    this.#rpc = this.#endpoints
    this.#settled = loadSnapshot(options) ?? this.#genesis()
    this.#newest = { block: this.#settled.block, view: this.#settled.view.clone() }
    this.#confirmed = this.#newest.view
  }

  /** Folds up to the present head, then keeps following. Rejects RpcError or DeploymentError when no node serves. */
  async start(): Promise<void> {
    await this.#poll()
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#save()
  }

  /** The node that the view was last read from: it knows this head. */
  get rpc(): Rpc {
    return this.#rpc
  }

  get views(): Views {
    return { newest: this.#newest.view, confirmed: this.#confirmed }
  }

  /** The block whose state decides. */
  get block(): BlockRef {
    return this.#newest.block
  }

  /** Rises with every change: what was decided under an older one is decided again. */
  get epoch(): number {
    return this.#epoch
  }

  get isFresh(): boolean {
    return performance.now() - this.#lastSuccess < this.#options.staleAfterMs
  }

  /** The endpoints as this view knows them, the preferred one first. */
  get endpoints(): EndpointHealth[] {
    return this.#endpoints.health()
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(async () => {
      await this.#poll().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'chain not followed, trying again')
      })
      this.#schedule()
    }, this.#options.pollMs)
  }

  async #poll(): Promise<void> {
    this.#rpc = await this.#endpoints.pin()
    const head = await getBlock(this.#rpc, 'latest')
    if (head === undefined) throw new Error('the node has no latest block')
    this.#assertNotLagging(head)
    if (head.hash !== this.#newest.block.hash) await this.#advance(head)
    this.#lastSuccess = performance.now()
  }

  /** To follow a node back would forget what later blocks revoked. Waited for, and stale if it never comes: fail closed. */
  #assertNotLagging({ number }: Block): void {
    const { mayLoseBlocks = this.#options.chainId === DEVELOPMENT_CHAIN } = this.#options
    const { number: known } = this.#newest.block
    if (number >= known || mayLoseBlocks) return
    throw new RpcError('RPC_INVALID', `${this.#rpc.name} is at block ${number}, the view at ${known}: it lags`)
  }

  /** The views that decide stay whole until the new ones are: half a fold would forget revocations. */
  async #advance(head: Block): Promise<void> {
    const isExtended = await this.#isCanonical(this.#newest.block)
    const base = isExtended ? this.#newest : await this.#rolledBack()
    const range = {
      address: this.#options.contract,
      fromBlock: base.block.number + 1,
      toBlock: head.number,
      names: VIEW_EVENTS,
    }
    const events = (await Array.fromAsync(readEvents(this.#rpc, range))).flat()
    // The logs must be those of this very head: a reorg in between would mix two histories.
    if (!(await this.#isCanonical(head))) return
    for (const event of events) base.view.apply(event as ViewEvent)
    this.#recent = isExtended ? [...this.#recent, ...events] : events
    this.#newest = { block: { number: head.number, hash: head.hash }, view: base.view }
    this.#confirm(head.number) // before any wait: an unconfirmed grant must not count meanwhile
    if (events.length > 0 || !isExtended) {
      this.#epoch++
      this.onChange(isExtended ? changeOf(events as ViewEvent[]) : EVERYTHING)
    }
    for (const tell of this.onHead) tell(head.number)
    await this.#settle(head.number)
  }

  /** A grant counts after `confirmations`, the block itself counted. */
  #confirm(head: number): void {
    const last = head - this.#options.confirmations + 1
    const isPending = this.#recent.some(({ log }) => log.blockNumber > last)
    const before = this.#confirmed
    if (!isPending) this.#confirmed = this.#newest.view
    else {
      this.#confirmed = this.#settled.view.clone()
      for (const event of this.#recent) if (event.log.blockNumber <= last) this.#confirmed.apply(event as ViewEvent)
    }
    if (before !== this.#confirmed) this.#epoch++
  }

  async #settle(head: number): Promise<void> {
    const last = head - SETTLED_DEPTH
    if (last <= this.#settled.block.number) return
    const block = await getBlock(this.#rpc, last)
    if (block === undefined) return
    const settled = this.#recent.filter(({ log }) => log.blockNumber <= last)
    for (const event of settled) this.#settled.view.apply(event as ViewEvent)
    this.#recent = this.#recent.filter(({ log }) => log.blockNumber > last)
    this.#settled.block = { number: block.number, hash: block.hash }
    if (settled.length > 0) this.#save()
  }

  /** Returns what the present history is folded upon, and leaves alone what decides. */
  async #rolledBack(): Promise<{ block: BlockRef; view: View }> {
    this.#options.log.warn({ block: this.#newest.block.number }, 'reorganisation: folding again')
    if (!(await this.#isCanonical(this.#settled.block))) this.#settled = this.#genesis()
    return { block: this.#settled.block, view: this.#settled.view.clone() }
  }

  async #isCanonical({ number, hash }: BlockRef): Promise<boolean> {
    if (number < this.#options.deployBlock) return true // nothing of ours lies there
    return (await getBlock(this.#rpc, number))?.hash === hash
  }

  #genesis(): { block: BlockRef; view: View } {
    return { block: { number: this.#options.deployBlock - 1, hash: '0x' }, view: new View() }
  }

  #save(): void {
    try {
      saveSnapshot(this.#options, this.#settled)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'view snapshot not saved: the next start folds more')
    }
  }
}
