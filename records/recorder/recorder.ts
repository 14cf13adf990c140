/**
 * @module Brings the journal's batches to the chain, exactly once. It remembers nothing but the journal: each round asks
 * the contract which batches it holds, forgets what is final, and sends the rest, byte for byte as they were built. So a
 * crash, a lost answer, a reorg and a chain that is down for a day all end in the same way: with the next round.
 */
import type { Logger } from 'pino'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { type Sender, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import type { BuiltBatch } from '../batch/batch-file.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { heldByChain, mayRecord, type RecorderOnChain, readRecorder } from './chain-state.ts'

export interface RecorderOptions {
  rpc: Rpc
  sender: Sender
  contract: Address
  thread: JournalThread
  journal: Journal
  /** Copies a batch's evidence; resolves when durable. */
  copyEvidence: (batch: BuiltBatch) => Promise<void>
  confirmations: number
  batchMax: number
  heartbeatMs: number
  maxUnanchoredMs: number
  /** On the embedded chain: is this block in a dump on disk? */
  isBlockSafe: (block: number) => boolean
  clock: () => number
  log: Logger
}

export class Recorder {
  readonly #options: RecorderOptions
  #onChain: RecorderOnChain
  #lastBatchAt: number
  #trouble: string | null = null
  #round: Promise<void> | undefined
  /** Unix seconds that a flush wants the watermark to reach: by a heartbeat, if nothing else raises it. */
  #required = 0

  constructor(options: RecorderOptions, onChain: RecorderOnChain) {
    this.#options = { ...options }
    this.#onChain = onChain
    this.#lastBatchAt = options.clock()
  }

  get onChain(): RecorderOnChain {
    return this.#onChain
  }

  /** Why nothing reaches the chain at the moment, in words; null when all is well. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Other rules are in force: from the next round on. */
  setPace(pace: Pick<RecorderOptions, 'batchMax' | 'heartbeatMs' | 'maxUnanchoredMs'>): void {
    Object.assign(this.#options, pace)
  }

  /** A round that sees all that is recorded now, not one that has already looked. */
  async hurry(): Promise<void> {
    await this.#round
    await this.round()
  }

  requireThrough(second: number): void {
    this.#required = Math.max(this.#required, second)
  }

  /** Builds what waits and brings it on its way. Never rejects: what failed is tried again by the next round. */
  round(): Promise<void> {
    this.#round ??= this.#tryRound().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async #tryRound(): Promise<void> {
    const { journal, log, clock } = this.#options
    try {
      await this.#buildAndSend()
      this.#trouble = null
      if (journal.blockedBy === 'UNANCHORED_TOO_LONG') journal.blockedBy = undefined
    } catch (error) {
      this.#trouble = explain(error)
      log.warn({ err: error }, 'records do not reach the chain, trying again')
    }
    await this.#judgeAge(clock())
  }

  async #buildAndSend(): Promise<void> {
    const { rpc, contract, sender, thread, journal } = this.#options
    this.#onChain = await readRecorder(rpc, contract, sender.address)
    journal.blockedBy = this.#onChain.state === RecorderState.ACTIVE ? undefined : 'RECORDER_NOT_ACTIVE'
    if (!mayRecord(this.#onChain.state)) throw new Error('the contract does not let this recorder record (any more)')
    await this.#build()
    const pending = await thread.call({ kind: 'pending' })
    const held = heldByChain(pending, this.#onChain.head)
    if (held === undefined) throw new Error(`the chain's head ${this.#onChain.head} is none of this journal's batches`)
    await this.#settle(pending.slice(0, held))
    await this.#unsettle(pending.slice(held))
    for (const batch of pending.filter(({ copied }) => !copied)) await this.#copy(batch)
    for (const batch of pending.slice(held)) await this.#send(batch)
  }

  async #build(): Promise<void> {
    const { thread, journal, batchMax, heartbeatMs, clock } = this.#options
    const { nextSeq, through, head } = this.#onChain
    const pending = await thread.call({ kind: 'pending' })
    const isWanted = through < this.#required && pending.every((batch) => batch.through < this.#required)
    const heartbeat = isWanted || clock() - this.#lastBatchAt >= heartbeatMs
    const options = { nowMs: journal.now(), maxRecords: batchMax, heartbeat, basis: { nextSeq, through, head } }
    const built = await thread.call({ kind: 'build', options })
    if (built > 0 || heartbeat) this.#lastBatchAt = clock()
  }

  /** What the chain holds is forgotten once it is final; where it stands is noted as soon as it is seen. */
  async #settle(held: readonly BuiltBatch[]): Promise<void> {
    if (held.length === 0) return
    const { rpc, thread, confirmations, isBlockSafe } = this.#options
    const latest = Number(await rpc.request<string>('eth_blockNumber'))
    // A batch whose receipt we missed stands in the latest block at the latest.
    const unplaced = held.filter(({ block }) => block === null).map(({ id }) => id)
    if (unplaced.length > 0) await thread.call({ kind: 'setBlock', ids: unplaced, block: latest })
    const isFinal = ({ block, copied }: BuiltBatch): boolean =>
      copied && block !== null && block + confirmations - 1 <= latest && isBlockSafe(block)
    const final = held.slice(0, held.findLastIndex(isFinal) + 1).map(({ id }) => id)
    if (final.length > 0) await thread.call({ kind: 'forget', ids: final })
  }

  /** A batch that a reorg took off the chain has no block any more. */
  async #unsettle(lost: readonly BuiltBatch[]): Promise<void> {
    const ids = lost.filter(({ block }) => block !== null).map(({ id }) => id)
    if (ids.length > 0) await this.#options.thread.call({ kind: 'setBlock', ids, block: null })
  }

  async #copy(batch: BuiltBatch): Promise<void> {
    const { copyEvidence, thread, log } = this.#options
    try {
      await copyEvidence(batch)
      await thread.call({ kind: 'setCopied', id: batch.id })
    } catch (error) {
      // The journal keeps its copy, so nothing is lost and nothing waits.
      log.warn({ err: error }, 'evidence store cannot be written, trying again')
    }
  }

  async #send(batch: BuiltBatch): Promise<void> {
    const { thread, sender, contract, log } = this.#options
    const bytes = await thread.call({ kind: 'bytes', batch })
    const { firstSeq, evidenceRoot, through, builtAt } = batch
    const data = encodeCall('recordBatch', [firstSeq, bytes, evidenceRoot, through, builtAt])
    const { blockNumber, gasUsed } = await sender.send({ to: contract, data })
    await thread.call({ kind: 'setBlock', ids: [batch.id], block: blockNumber })
    log.debug({ firstSeq, count: batch.count, blockNumber, gasUsed: Number(gasUsed) }, 'batch recorded')
  }

  /** Records that wait too long prove nothing to anybody: fail closed. */
  async #judgeAge(now: number): Promise<void> {
    const { thread, journal, maxUnanchoredMs } = this.#options
    const depth = await thread.call({ kind: 'depth' }).catch(() => undefined)
    const isTooOld = depth?.oldest !== null && depth !== undefined && now - depth.oldest * 1_000 > maxUnanchoredMs
    if (isTooOld && this.#trouble !== null) journal.blockedBy = 'UNANCHORED_TOO_LONG'
  }
}

function explain(error: unknown): string {
  if (error instanceof TransactionError && error.revert?.error === 'FlyTrapWrongBuiltAt') {
    return 'The chain’s clock is behind ours: the batch is sent again when it has caught up.'
  }
  if (error instanceof TransactionError && error.code === 'INSUFFICIENT_FUNDS') {
    return `The recorder has no ETH for gas. Send it some: ${error.message}`
  }
  if (error instanceof RpcError || error instanceof TransactionError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
