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
import { type Shortfall, VIEW_EVENTS, View, type ViewEvent } from '../../domain/view.ts'
import { changeOf, EVERYTHING, type ViewChange } from './change.ts'
import { type Folded, foldFar } from './fold-far.ts'
import { type BlockRef, loadSnapshot, type SnapshotPlace, saveSnapshot } from './snapshot.ts'
import { tellerOfShortfalls } from './tell-shortfalls.ts'

export interface ChainViewOptions extends SnapshotPlace {
  /** One endpoint, or several by preference, separated by commas. */
  rpcUrl: string
  confirmations: number
  pollMs: number
  staleAfterMs: number
  /** How many topics, and how many rights, the view keeps under one first-level name. */
  entriesPerName?: number
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
  #settled: Folded
  /** Events above `#settled`, in chain order. */
  #recent: ContractEvent[] = []
  #newest: Folded
  #confirmed: View
  #lastSuccess = Number.NEGATIVE_INFINITY
  #epoch = 0
  /** There is room now for what had none: only the whole history tells what that was. */
  #mustFoldAgain = false
  readonly #tellShort: (view: View) => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  /** Called with each new head's number, once the views that decide are those of it. */
  readonly onHead: ((block: number) => void)[] = []
  /** Called after each change, with the views that decide from now on. */
  onChange: (change: ViewChange) => void = () => {}

  constructor(options: ChainViewOptions) {
    this.#options = { ...options }
    this.#tellShort = tellerOfShortfalls(options.log)
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

  /** First-level names of which not everything is kept. */
  get shortfalls(): Shortfall[] {
    return this.#newest.view.shortfalls()
  }

  /** Less room: what is kept stays. More: folded again from the deployment, while the present views decide. */
  setEntriesPerName(limit = Number.POSITIVE_INFINITY): void {
    if (limit > this.#newest.view.entriesPerName) this.#mustFoldAgain ||= this.shortfalls.length > 0
    this.#options.entriesPerName = limit
    for (const view of [this.#settled.view, this.#newest.view, this.#confirmed]) view.entriesPerName = limit
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
    if (head.hash !== this.#newest.block.hash || this.#mustFoldAgain) await this.#advance(head)
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
    const isAgain = this.#mustFoldAgain
    const isExtended = !isAgain && (await this.#isCanonical(this.#newest.block))
    const known = isExtended ? this.#newest : await this.#rolledBack()
    const far = await foldFar(known, {
      rpc: this.#rpc,
      address: this.#options.contract,
      toBlock: head.number - SETTLED_DEPTH,
    })
    // Before the new views decide, the old ones must be able to go on: the reorganisation may itself be reorganised away.
    const settled = far ?? (isExtended ? undefined : known)
    const base = settled === undefined ? known : { block: settled.block, view: settled.view.clone() }
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
    const isContinued = isExtended && settled === undefined
    if (settled !== undefined) this.#settled = settled
    this.#recent = isContinued ? [...this.#recent, ...events] : events
    this.#newest = { block: { number: head.number, hash: head.hash }, view: base.view }
    if (isAgain) this.#mustFoldAgain = false
    this.setEntriesPerName(this.#options.entriesPerName) // which may have changed meanwhile
    this.#confirm(head.number) // before any wait: an unconfirmed grant must not count meanwhile
    if (events.length > 0 || !isContinued) {
      this.#epoch++
      this.onChange(isContinued ? changeOf(events as ViewEvent[]) : EVERYTHING)
      this.#tellShort(base.view)
    }
    for (const tell of this.onHead) tell(head.number)
    if (far !== undefined) this.#save()
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

  /** Returns what the present history is folded upon; nothing may be added to it. */
  async #rolledBack(): Promise<Folded> {
    const why = this.#mustFoldAgain ? 'more room: folding again' : 'reorganisation: folding again'
    this.#options.log.warn({ block: this.#newest.block.number }, why)
    return this.#mustFoldAgain || !(await this.#isCanonical(this.#settled.block)) ? this.#genesis() : this.#settled
  }

  async #isCanonical({ number, hash }: BlockRef): Promise<boolean> {
    if (number < this.#options.deployBlock) return true // nothing of ours lies there
    return (await getBlock(this.#rpc, number))?.hash === hash
  }

  #genesis(): Folded {
    return {
      block: { number: this.#options.deployBlock - 1, hash: '0x' },
      view: new View(this.#options.entriesPerName),
    }
  }

  /** Not what lacks something by a limit that is no longer in force: the next start would take it for whole. */
  #save(): void {
    if (this.#mustFoldAgain) return
    try {
      saveSnapshot(this.#options, this.#settled)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'view snapshot not saved: the next start folds more')
    }
  }
}
