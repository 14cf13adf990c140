/** @module Sends batches that stand on disk, believes no receipt that is not borne out, and notes where each one is. */
import type { Logger } from 'pino'
import { encodeRecordBatch } from '../../contracts/abi/record-batch.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Receipt } from '../../contracts/rpc/transact.ts'
import type { Bytes32 } from '../../domain/bytes.ts'
import type { BuiltBatch } from '../batch/built-batch.ts'
import { passCrashPoint } from '../crash-points.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { isBorneOut, type Sources } from './belief.ts'
import type { Courier, Parcel } from './courier.ts'
import { usualGas } from './gas.ts'
import type { Purse } from './purse.ts'

export interface ConvoyOptions {
  rpc: Rpc
  thread: JournalThread
  courier: Courier
  purse: Purse
  log: Logger
}

interface Arrived {
  batch: BuiltBatch
  receipt: Receipt
}

/** A second endpoint may need a moment to get to the block. */
const RECEIPT_LOOKS = 20
const RECEIPT_LOOK_MS = 200

export class Convoy {
  readonly #options: ConvoyOptions

  constructor(options: ConvoyOptions) {
    this.#options = options
  }

  /** Resolves once as many as the node takes at once are mined. Rejects with why the first of the others was not. */
  async send(sources: Sources, batches: readonly BuiltBatch[]): Promise<void> {
    const { courier, purse } = this.#options
    const parcels: Parcel[] = []
    for (const batch of batches) parcels.push(await this.#parcelOf(batch))
    const arrived: Arrived[] = []
    try {
      for await (const receipt of courier.bring(sources.node, parcels, purse)) {
        arrived.push({ batch: batches[arrived.length] as BuiltBatch, receipt })
      }
    } finally {
      // Also when a later one failed: these are there.
      await purse.save()
      await this.#note(sources, arrived, batches)
    }
  }

  async #parcelOf(batch: BuiltBatch): Promise<Parcel> {
    const bytes = await this.#options.thread.call({ kind: 'bytes', batch })
    return { data: encodeRecordBatch({ ...batch, bytes }), usualGas: usualGas(batch.count) }
  }

  async #note(sources: Sources, arrived: readonly Arrived[], sent: readonly BuiltBatch[]): Promise<void> {
    const last = arrived.at(-1)
    if (last === undefined) return
    // Each head is folded from the one before: where the last one stands, all of them do. Its block may hold later ones.
    const heads = sent.slice(arrived.length - 1).map(({ head }) => head)
    if (!(await this.#isTrue(sources, last.receipt, heads)))
      throw new Error('a receipt was not borne out, sending again')
    const { thread, log } = this.#options
    const placed = arrived.map(({ batch, receipt }) => ({ id: batch.id, block: receipt.blockNumber }))
    passCrashPoint('batch-mined')
    await thread.call({ kind: 'setBlocks', placed })
    passCrashPoint('block-noted')
    for (const { batch, receipt } of arrived) {
      const { firstSeq, count } = batch
      log.debug({ firstSeq, count, block: receipt.blockNumber, gas: Number(receipt.gasUsed) }, 'batch recorded')
    }
  }

  /**
   * A receipt is a claim: a second endpoint must show the recorder's own head in the state of its block. Where there is
   * none, the next round asks for the head, and forgetting asks for it again.
   */
  async #isTrue(sources: Sources, receipt: Receipt, heads: readonly Bytes32[]): Promise<boolean> {
    const { rpc } = this.#options
    if (sources.witness === undefined) return true
    for (let look = 0; look < RECEIPT_LOOKS; look++) {
      const verdict = await isBorneOut(sources, receipt, heads).catch(() => 'unknown' as const)
      if (verdict === 'yes') return true
      if (verdict === 'no') break
      await new Promise((resolve) => setTimeout(resolve, RECEIPT_LOOK_MS))
    }
    const { blockNumber, blockHash } = receipt
    rpc.doubt?.(sources.node, `it told of a batch in block ${blockNumber} (${blockHash}), and the state there has none`)
    return false
  }
}
