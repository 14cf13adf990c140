/**
 * @module Brings the journal's batches to the chain, exactly once. It remembers nothing but the journal: each round asks
 * the contract which batches it holds, forgets what is final, and sends the rest, byte for byte as they were built. So a
 * crash, a lost answer, a reorg and a chain that is down for a day all end in the same way: with the next round.
 */
import type { Logger } from 'pino'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { pinned, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import { type Receipt, type Sender, suggestFees, TransactionError } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import type { BuiltBatch } from '../batch/batch-file.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import type { SpendingStatus } from '../port.ts'
import { finalByState, isBorneOut, type Sources } from './belief.ts'
import { heldByChain, mayRecord, type RecorderOnChain, readRecorder } from './chain-state.ts'
import type { Courier } from './courier.ts'
import { explain, HeldBack, retiredInWords, STOPPED, waitInWords } from './explain.ts'
import type { Purse } from './purse.ts'

export interface RecorderOptions {
  rpc: Rpc
  sender: Sender
  contract: Address
  courier: Courier
  purse: Purse
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

type Pace = Pick<RecorderOptions, 'batchMax' | 'heartbeatMs' | 'maxUnanchoredMs'> & {
  spendPerHour?: bigint | undefined
}

/** What the contract takes at once: a retired recorder's last batch should be one. */
const MOST_RECORDS = 1_500

/** A second endpoint may need a moment to get to the block. */
const RECEIPT_LOOKS = 20
const RECEIPT_LOOK_MS = 200

/** More than a batch has ever taken (docs/gas.md), for budgets before it is built. */
const BATCH_GAS = 80_000n
const RECORD_GAS = 4_000n
const usualGas = (records: number): bigint => BATCH_GAS + RECORD_GAS * BigInt(records)

export class Recorder {
  readonly #options: RecorderOptions
  #onChain: RecorderOnChain
  #lastBatchAt: number
  #trouble: string | null = null
  #round: Promise<void> | undefined
  /** Unix seconds that a flush wants the watermark to reach: by a heartbeat, if nothing else raises it. */
  #required = 0
  /** Retired, and its last batch is on chain: the contract takes no more. */
  #isComplete = false

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
  setPace({ batchMax, heartbeatMs, maxUnanchoredMs, spendPerHour }: Pace): void {
    Object.assign(this.#options, { batchMax, heartbeatMs, maxUnanchoredMs })
    this.#options.purse.setLimit(spendPerHour)
  }

  get spending(): SpendingStatus {
    return this.#options.purse.status()
  }

  /** What will become trouble if nobody acts. */
  get warning(): string | null {
    return this.#options.purse.warning
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
      if (!(error instanceof HeldBack)) log.warn({ err: error }, 'records do not reach the chain, trying again')
    }
    await this.#judgeAge(clock())
  }

  async #buildAndSend(): Promise<void> {
    const { thread, purse } = this.#options
    const sources = await this.#sources()
    await this.#follow(sources)
    const before = await thread.call({ kind: 'pending' })
    const held = await this.#held(sources, before)
    await this.#settle(sources, before.slice(0, held))
    await this.#unsettle(before.slice(held))
    for (const batch of before.filter(({ copied }) => !copied)) await this.#copy(batch)
    await this.#assertMayRecord()
    await purse.look(sources.node)
    const { records, wait } = await this.#affordable(sources)
    if (wait === 0) await this.#build(records)
    const pending = await thread.call({ kind: 'pending' })
    const toSend = pending.filter(({ id }) => !before.slice(0, held).some((batch) => batch.id === id))
    for (const batch of toSend) await this.#copyOnce(batch)
    for (const batch of toSend) await this.#send(sources, batch)
    if (wait > 0) throw new HeldBack(waitInWords(wait))
  }

  /** One endpoint a round: two may be on two histories. */
  async #sources(): Promise<Sources> {
    const { rpc, contract, sender } = this.#options
    const node = await pinned(rpc)
    return { node, witness: rpc.witness?.(node), contract, recorder: sender.address }
  }

  async #follow({ node, contract, recorder }: Sources): Promise<void> {
    const { journal } = this.#options
    this.#onChain = await readRecorder(node, contract, recorder)
    const isActive = this.#onChain.state === RecorderState.ACTIVE
    if (!isActive) journal.blockedBy = 'RECORDER_NOT_ACTIVE'
    else if (journal.blockedBy === 'RECORDER_NOT_ACTIVE') journal.blockedBy = undefined
    // Its last records must be below its retirement's watermark: what is open ends now.
    if (this.#onChain.state === RecorderState.RETIRED) await journal.closeWindows()
  }

  /** How many the chain holds: what the other endpoint sees and this one does not yet is not sent again. */
  async #held({ witness, contract, recorder }: Sources, pending: readonly BuiltBatch[]): Promise<number> {
    const { head } = this.#onChain
    const held = heldByChain(pending, head)
    const seen =
      witness === undefined ? undefined : await readRecorder(witness, contract, recorder).catch(() => undefined)
    const heldThere = seen === undefined ? undefined : heldByChain(pending, seen.head)
    if (held === undefined && heldThere === undefined)
      throw new Error(`the chain's head ${head} is none of this journal's batches`)
    return Math.max(held ?? 0, heldThere ?? 0)
  }

  async #assertMayRecord(): Promise<void> {
    const { state } = this.#onChain
    if (!mayRecord(state)) throw new HeldBack(STOPPED)
    if (this.#isComplete) throw new HeldBack(await this.#farewell())
  }

  /**
   * Returns how many records a batch may have, so that an hour's limit can pay for it, and how many milliseconds building
   * must wait for money. Asked before it is built: a batch that has to wait shall take in what comes meanwhile.
   */
  async #affordable({ node }: Sources): Promise<{ records: number; wait: number }> {
    const { thread, purse, batchMax } = this.#options
    const most = this.#onChain.state === RecorderState.RETIRED ? MOST_RECORDS : batchMax
    if (purse.limit === undefined) return { records: most, wait: 0 }
    const { maxFeePerGas, maxPriorityFeePerGas } = await suggestFees(node)
    const price = (maxFeePerGas + maxPriorityFeePerGas) / 2n
    const fits = (purse.limit / price - BATCH_GAS) / RECORD_GAS
    const records = fits < BigInt(most) ? Math.max(1, Number(fits)) : most
    const { unbatched } = await thread.call({ kind: 'depth' })
    const wait = unbatched === 0 ? 0 : purse.waitFor(usualGas(Math.min(unbatched, records)) * price)
    return { records, wait }
  }

  async #build(maxRecords: number): Promise<void> {
    const { thread, journal, heartbeatMs, clock } = this.#options
    const { nextSeq, through, head, state } = this.#onChain
    const pending = await thread.call({ kind: 'pending' })
    const isLast = state === RecorderState.RETIRED && pending.length === 0
    const isWanted = through < this.#required && pending.every((batch) => batch.through < this.#required)
    const heartbeat = isWanted || isLast || clock() - this.#lastBatchAt >= heartbeatMs
    const options = { nowMs: journal.now(), maxRecords, heartbeat, basis: { nextSeq, through, head } }
    const built = await thread.call({ kind: 'build', options })
    if (built > 0 || heartbeat) this.#lastBatchAt = clock()
  }

  /** What the chain holds is forgotten once it is final; where it stands is noted as soon as it is seen. */
  async #settle(sources: Sources, held: readonly BuiltBatch[]): Promise<void> {
    if (held.length === 0) return
    const { thread, confirmations, isBlockSafe } = this.#options
    const latest = Number(await sources.node.request<string>('eth_blockNumber'))
    // A batch whose receipt we missed stands in the latest block at the latest.
    const unplaced = held.filter(({ block }) => block === null).map(({ id }) => id)
    if (unplaced.length > 0) await thread.call({ kind: 'setBlock', ids: unplaced, block: latest })
    const isFinal = ({ block, copied }: BuiltBatch): boolean =>
      copied && block !== null && block + confirmations - 1 <= latest && isBlockSafe(block)
    const deep = held.slice(0, held.findLastIndex(isFinal) + 1)
    if (deep.length === 0) return
    const final = Math.min(deep.length, await finalByState(sources, held, confirmations))
    const ids = deep.slice(0, final).map(({ id }) => id)
    if (ids.length > 0) await thread.call({ kind: 'forget', ids })
  }

  /** A batch that a reorg took off the chain has no block any more. */
  async #unsettle(lost: readonly BuiltBatch[]): Promise<void> {
    const ids = lost.filter(({ block }) => block !== null).map(({ id }) => id)
    if (ids.length > 0) await this.#options.thread.call({ kind: 'setBlock', ids, block: null })
  }

  async #copyOnce(batch: BuiltBatch): Promise<void> {
    if (!batch.copied) await this.#copy(batch)
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

  async #send(sources: Sources, batch: BuiltBatch): Promise<void> {
    const { thread, courier, purse, log } = this.#options
    const bytes = await thread.call({ kind: 'bytes', batch })
    const { firstSeq, count, evidenceRoot, through, builtAt } = batch
    const data = encodeCall('recordBatch', [firstSeq, bytes, evidenceRoot, through, builtAt])
    let used = 0
    const onOut = (nonce: number, wei: bigint): Promise<void> => {
      used = nonce
      return purse.note(nonce, wei, 0)
    }
    try {
      const parcel = { data, usualGas: usualGas(count), budget: (nonce: number) => purse.leftFor(nonce), onOut }
      const receipt = await courier.bring(sources.node, parcel)
      const { blockNumber, gasUsed, gasPrice } = receipt
      if (!(await this.#isTrue(sources, receipt, batch))) throw new Error('a receipt was not borne out, sending again')
      await purse.note(used, gasUsed * gasPrice, Number(gasUsed))
      await thread.call({ kind: 'setBlock', ids: [batch.id], block: blockNumber })
      log.debug({ firstSeq, count, blockNumber, gasUsed: Number(gasUsed) }, 'batch recorded')
    } catch (error) {
      // What may still be mined stays counted at its worst.
      if (error instanceof TransactionError && error.code !== 'NOT_MINED') await purse.note(used, error.spent, 0)
      await this.#noteComplete(error)
      throw error
    }
  }

  /**
   * A receipt is a claim: a second endpoint must show the recorder's own head in the state of its block. Where there is
   * none, the next round asks for the head, and forgetting asks for it again.
   */
  async #isTrue(sources: Sources, receipt: Receipt, batch: BuiltBatch): Promise<boolean> {
    const { rpc } = this.#options
    if (sources.witness === undefined) return true
    for (let look = 0; look < RECEIPT_LOOKS; look++) {
      const verdict = await isBorneOut(sources, receipt, batch).catch(() => 'unknown' as const)
      if (verdict === 'yes') return true
      if (verdict === 'no') break
      await new Promise((resolve) => setTimeout(resolve, RECEIPT_LOOK_MS))
    }
    const { blockNumber, blockHash } = receipt
    rpc.doubt?.(sources.node, `it told of a batch in block ${blockNumber} (${blockHash}), and the state there has none`)
    return false
  }

  /** The contract itself says when a retired recorder has told all: nothing more can be sent, nothing more is asked for. */
  async #noteComplete(error: unknown): Promise<void> {
    if (!(error instanceof TransactionError) || error.revert?.error !== 'FlyTrapRecorderComplete') return
    this.#isComplete = true
    throw new HeldBack(await this.#farewell())
  }

  /** Where clocks differ, what was decided in the seconds of the retirement may come after it. */
  async #farewell(): Promise<string> {
    const { unbatched, unanchored } = await this.#options.thread.call({ kind: 'depth' })
    return retiredInWords(unbatched + unanchored)
  }

  /** Records that wait too long prove nothing to anybody: fail closed. */
  async #judgeAge(now: number): Promise<void> {
    const { thread, journal, maxUnanchoredMs } = this.#options
    const depth = await thread.call({ kind: 'depth' }).catch(() => undefined)
    const isTooOld = depth?.oldest !== null && depth !== undefined && now - depth.oldest * 1_000 > maxUnanchoredMs
    if (isTooOld && this.#trouble !== null) journal.blockedBy = 'UNANCHORED_TOO_LONG'
  }
}
