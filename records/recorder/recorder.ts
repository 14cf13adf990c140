/**
 * @module Brings the journal's batches to the chain, exactly once. It remembers nothing but the journal: each round asks
 * the contract which batches it holds, forgets what is final, and sends the rest, byte for byte as they were built. So a
 * crash, a lost answer, a reorg and a chain that is down for a day all end in the same way: with the next round.
 */
import { suggestFees, TransactionError } from '../../contracts/rpc/transact.ts'
import { RecorderState } from '../../domain/enums.ts'
import type { BuiltBatch } from '../batch/built-batch.ts'
import { passCrashPoint } from '../crash-points.ts'
import type { JournalDepth } from '../journal/depth.ts'
import type { SpendingStatus } from '../port.ts'
import { AnchoringAge } from './anchoring-age.ts'
import { type Sources, sourcesOf } from './belief.ts'
import { mayRecord, type RecorderOnChain, readRecorder } from './chain-state.ts'
import { Copies, noteDamage } from './copies.ts'
import {
  DAMAGED,
  explain,
  HeldBack,
  isBeforeItsTime,
  NOT_ISSUED,
  retiredInWords,
  STOPPED,
  STORE_SILENT,
  TOO_LONG,
  UNREAD,
  waitInWords,
} from './explain.ts'
import { heldOf, settle, unsettle } from './held.ts'
import type { Pace, RecorderOptions } from './recorder-options.ts'
import { heldUpOf, Standstill } from './standstill.ts'

/** What the contract takes at once: a retired recorder's last batch should be one. */
const MOST_RECORDS = 1_500

/** Of what a record may wait: beyond it strangers share records, long before nobody is let in. */
const BEHIND_PART = 4

/** Batches that are on their way at once. Their transactions fit what nodes keep for one account at the least. */
const AT_ONCE = 8

/** A chain whose clock is a little behind takes in a moment what it does not take now: the next round may be an hour away. */
const CATCHES_UP_MS = 1_000

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
  readonly #standstill: Standstill
  readonly #copies: Copies
  readonly #age = new AnchoringAge()
  #soon: NodeJS.Timeout | undefined
  /** When rounds end although more waits: the process does. */
  #endsAt = Number.POSITIVE_INFINITY

  constructor(options: RecorderOptions, onChain: RecorderOnChain) {
    this.#options = { ...options }
    this.#onChain = onChain
    this.#lastBatchAt = options.clock()
    this.#copies = new Copies(options)
    this.#standstill = new Standstill(options.stuckAfterMs, options.clock)
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

  /** Why reports that wait do not get on chain, in words; null when nothing is in their way. */
  get issueTrouble(): string | null {
    return this.#isActive ? (this.#trouble ?? this.#options.issuer.trouble) : NOT_ISSUED
  }

  get #isActive(): boolean {
    return this.#onChain.state === RecorderState.ACTIVE
  }

  get spending(): SpendingStatus {
    return this.#options.purse.status()
  }

  /** What will become trouble if nobody acts. */
  get warning(): string | null {
    return this.#options.purse.warning ?? (this.#copies.isLate ? STORE_SILENT : null)
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
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  /** The last round, with others after it for as long as there is time: the rest waits on disk for the next start. */
  finish(forMs: number): Promise<void> {
    this.#endsAt = this.#options.clock() + forMs
    clearTimeout(this.#soon)
    return this.round()
  }

  #comeBackSoon(): void {
    clearTimeout(this.#soon)
    if (this.#endsAt === Number.POSITIVE_INFINITY) this.#soon = setTimeout(() => void this.round(), CATCHES_UP_MS)
  }

  async #rounds(): Promise<void> {
    while (await this.#tryRound()) if (this.#options.clock() >= this.#endsAt) return
  }

  /** Returns true when more waits than this round took, and nothing is in its way. */
  async #tryRound(): Promise<boolean> {
    const { thread, journal, log } = this.#options
    let isMore = false
    try {
      isMore = await this.#buildAndSend()
      this.#trouble = null
    } catch (error) {
      this.#trouble = explain(error)
      noteDamage(journal, error)
      if (isBeforeItsTime(error)) this.#comeBackSoon()
      if (!(error instanceof HeldBack)) log.warn({ err: error }, 'records do not reach the chain, trying again')
    }
    const depth = await thread.call({ kind: 'depth' }).catch(() => undefined)
    if (depth !== undefined) this.judgeAge(depth)
    return isMore
  }

  async #buildAndSend(): Promise<boolean> {
    const { thread, purse, rpc, contract, sender } = this.#options
    const sources = await sourcesOf(rpc, contract, sender.address)
    await this.#follow(sources)
    this.#assertWhole()
    const before = await thread.call({ kind: 'pending' })
    const { here, anywhere: held } = await heldOf(sources, before, this.#onChain)
    const unproven = await settle(this.#options, sources, before.slice(0, here))
    await unsettle(thread, before.slice(here))
    const unsent = before.slice(held)
    await this.#copies.copy(before.slice(0, held))
    await this.#assertMayRecord()
    await purse.look(sources.node)
    const { records, wait } = await this.#affordable(sources)
    // The contract takes nothing after the last batch of one that is retired: one after the other.
    const atOnce = this.#onChain.state === RecorderState.RETIRED ? 1 : AT_ONCE
    if (wait === 0 && unsent.length < atOnce) await this.#build(records, atOnce - unsent.length)
    const isHeld = new Set(before.slice(0, held).map(({ id }) => id))
    // What follows a batch that this endpoint does not hold would revert there, and cost gas.
    const isAhead = held > here
    const pending = isAhead ? [] : await thread.call({ kind: 'pending' })
    const toSend = pending.filter(({ id }) => !isHeld.has(id)).slice(0, atOnce)
    const issue = async () => !isAhead && this.#isActive && (await this.#options.issuer.round(sources))
    await this.#copyAndSend(sources, toSend).catch(async (error: unknown) => {
      if (isBeforeItsTime(error)) await issue() // nothing of it is out, and reports need not wait for the chain's clock
      throw error
    })
    if (wait > 0) throw new HeldBack(waitInWords(wait))
    this.#standstill.note(heldUpOf(isAhead ? before[here] : undefined, unproven), sources)
    // Behind the batches, which are mined now: their nonces are theirs.
    return (await issue()) || toSend.length === atOnce
  }

  /** The evidence of a batch is copied before it goes out; where several go at once, that of the others meanwhile. */
  async #copyAndSend(sources: Sources, batches: readonly BuiltBatch[]): Promise<void> {
    const [first, ...others] = batches
    if (first === undefined) return
    await this.#copies.copy([first])
    const copied = this.#copies.copy(others)
    try {
      await this.#options.convoy.send(sources, batches)
    } catch (error) {
      await this.#noteComplete(error)
      throw error
    } finally {
      await copied
    }
  }

  async #follow({ node, contract, recorder }: Sources): Promise<void> {
    const { journal } = this.#options
    this.#onChain = await readRecorder(node, contract, recorder)
    if (!this.#isActive) journal.blockedBy = 'RECORDER_NOT_ACTIVE'
    else if (journal.blockedBy === 'RECORDER_NOT_ACTIVE') journal.blockedBy = undefined
    // Its last records must be below its retirement's watermark: what is open ends now.
    if (this.#onChain.state === RecorderState.RETIRED) await journal.closeWindows()
  }

  /** What a damaged journal holds would stand on chain for good. */
  #assertWhole(): void {
    const { journal } = this.#options
    if (journal.isCondemned) throw new HeldBack(DAMAGED)
    if (!journal.isProven) throw new HeldBack(UNREAD)
  }

  async #assertMayRecord(): Promise<void> {
    const { state } = this.#onChain
    if (!mayRecord(state)) throw new HeldBack(STOPPED)
    if (this.#isComplete) throw new HeldBack(await this.#farewell())
  }

  async #affordable({ node }: Sources): Promise<{ records: number; wait: number }> {
    const { thread, purse, batchMax } = this.#options
    const most = this.#onChain.state === RecorderState.RETIRED ? MOST_RECORDS : batchMax
    if (purse.limit === undefined) return { records: most, wait: 0 }
    const { unbatched } = await thread.call({ kind: 'depth' })
    return purse.afford(await suggestFees(node), { most, waiting: unbatched })
  }

  async #build(maxRecords: number, maxBatches: number): Promise<void> {
    const { thread, journal, heartbeatMs, clock } = this.#options
    const { nextSeq, through, head, state } = this.#onChain
    const pending = await thread.call({ kind: 'pending' })
    const isLast = state === RecorderState.RETIRED && pending.length === 0
    const isWanted = through < this.#required && pending.every((batch) => batch.through < this.#required)
    const heartbeat = isWanted || isLast || clock() - this.#lastBatchAt >= heartbeatMs
    const [nowMs, untoldSinceMs] = [journal.now(), journal.untoldSinceMs()]
    const basis = { nextSeq, through, head }
    const options = { nowMs, untoldSinceMs, maxRecords, maxBatches, heartbeat, basis }
    const built = await thread.call({ kind: 'build', options })
    if (built > 0) passCrashPoint('batch-built')
    if (built > 0 || heartbeat) this.#lastBatchAt = clock()
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

  /** Records that wait too long prove nothing to anybody: fail closed, whatever kept them. */
  judgeAge(depth: JournalDepth): void {
    const { journal, purse, maxUnanchoredMs, clock } = this.#options
    if (this.#trouble === TOO_LONG) this.#trouble = null // what follows from age is no reason for it
    const isTroubled = this.#trouble !== null
    const isTooOld = this.#age.isTooOld(depth, { nowMs: clock(), limitMs: maxUnanchoredMs, isTroubled })
    const dueMs = purse.timeFor(depth.nextSeq - depth.unplacedSeq)
    journal.isLate = Math.max(this.#age.waitedMs, dueMs) > maxUnanchoredMs / BEHIND_PART
    if (isTooOld) this.#trouble ??= TOO_LONG
    if (isTooOld) journal.blockedBy ??= 'UNANCHORED_TOO_LONG'
    else if (journal.blockedBy === 'UNANCHORED_TOO_LONG') journal.blockedBy = undefined
  }
}
