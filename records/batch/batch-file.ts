/**
 * @module Batches in the journal's file. A batch's boundaries, bytes and tree are committed before its first send and
 * never change: whoever sends it, however often, sends the same bytes. Long work comes in slices: between two of them
 * others commit, and a kill leaves nothing that the next start does not mend.
 */
import { Buffer } from 'node:buffer'
import { toHex } from '../../domain/bytes.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { eq, inArray, lt, sql } from '../drizzle.ts'
import type { JournalFile } from '../journal/journal-file.ts'
import { oldestFrom } from '../journal/oldest.ts'
import { batches, records } from '../journal/schema.ts'
import type { StoredEvidence } from '../store/port.ts'
import type { Basis, BuildOptions, BuiltBatch, Placed } from './built-batch.ts'
import { assertGapless, type Gathered, gather, inPieces, PIECE } from './gather.ts'
import { subjectOf } from './subject.ts'

export class BatchFile {
  readonly #journal: JournalFile

  constructor(journal: JournalFile) {
    this.#journal = journal
    this.#removeForgotten(Number.POSITIVE_INFINITY) // what a kill left of it
  }

  /** Every batch that is not final, in order. */
  pending(): BuiltBatch[] {
    const rows = this.#journal.run.batches.all()
    return rows.map(({ recordsHash: _hash, ...row }) => ({ ...row, copied: row.copied === 1 }) as BuiltBatch)
  }

  /** Builds what waits now, in at most `maxBatches` of `maxRecords`. Returns how many were built. */
  *build(options: BuildOptions): Generator<void, number> {
    const end = this.#journal.nextSeq() // what closes later was decided after `builtAt`
    let built = 0
    while (built < options.maxBatches && (yield* this.#buildOne(options, end, built === 0 && options.heartbeat)))
      built++
    return built
  }

  /** The record bytes of a batch, exactly as its recordsHash covers them. */
  bytesOf({ firstSeq, count }: Pick<BuiltBatch, 'firstSeq' | 'count'>): Buffer {
    const rows = this.#journal.run.recordBytes.all({ from: firstSeq, to: firstSeq + count })
    assertGapless(rows, firstSeq, firstSeq + count)
    return Buffer.concat(rows.map((row) => row.bytes))
  }

  *evidenceOf({ firstSeq, count }: Pick<BuiltBatch, 'firstSeq' | 'count'>): Generator<void, StoredEvidence[]> {
    const place = { recorderId: this.#journal.owner.recorderId, batchFirstSeq: firstSeq, batchCount: count }
    const all: StoredEvidence[] = []
    for (const [from, to] of inPieces(firstSeq, firstSeq + count)) {
      const rows = this.#journal.run.records.all({ from, to })
      assertGapless(rows, from, to)
      for (const { seq, bytes, evidence, salt, leaf } of rows) {
        const open = evidence === '' ? {} : { text: evidence, salt: toHex(salt), subject: subjectOf(bytes, evidence) }
        all.push({ ...place, seq, ...open, leaf: toHex(leaf) })
      }
      yield
    }
    return all
  }

  setBlocks(placed: readonly Placed[]): void {
    this.#journal.inTransaction(() => {
      for (const { id, block } of placed)
        this.#journal.db.update(batches).set({ block }).where(eq(batches.id, id)).run()
    })
  }

  setCopied(ids: readonly number[]): void {
    const mine = inArray(batches.id, [...ids])
    this.#journal.db.update(batches).set({ copied: 1 }).where(mine).run()
  }

  /**
   * Forgets batches that are final and copied: the chain and the evidence store hold them now. They are gone with their
   * row; their records follow in slices, and after a kill at the next start.
   */
  *forget(ids: readonly number[]): Generator<void, undefined> {
    this.#journal.inTransaction(() => {
      for (const { id, firstSeq, count, through, builtAt, head } of this.pending().filter((batch) =>
        ids.includes(batch.id),
      )) {
        this.#journal.db.delete(batches).where(eq(batches.id, id)).run()
        this.#journal.remember({ nextSeq: firstSeq + count, through, builtAt, head })
      }
    })
    yield
    while (this.#removeForgotten(PIECE) > 0) yield
    return undefined
  }

  /** Returns how many were removed. */
  #removeForgotten(limit: number): number {
    const { db } = this.#journal
    const final = this.#journal.remembered()?.nextSeq ?? 1
    const [first] = db.select({ seq: sql<number | null>`min(seq)` }).from(records).all()
    if (first?.seq === null || first === undefined || first.seq >= final) return 0
    return db
      .delete(records)
      .where(lt(records.seq, Math.min(final, first.seq + limit)))
      .run().changes
  }

  *#buildOne(options: BuildOptions, end: number, heartbeat: boolean): Generator<void, boolean> {
    const { nowMs, maxRecords, basis } = options
    const before = this.#last() ?? this.#journal.remembered() ?? this.#first(basis)
    const builtAt = Math.floor(nowMs / 1_000)
    const gathered = yield* gather(this.#journal, {
      from: before.nextSeq,
      to: Math.min(end, before.nextSeq + maxRecords),
      builtAt,
    })
    return this.#journal.inTransaction(() => this.#commit(options, { before, builtAt, gathered, heartbeat }))
  }

  #commit({ untoldSinceMs }: BuildOptions, { before, builtAt, gathered, heartbeat }: NextBatch): boolean {
    const { count, recordsHash, evidenceRoot, placed } = gathered
    const untold = untoldSinceMs === undefined ? builtAt : Math.floor(untoldSinceMs / 1_000)
    const through = this.#watermark(before, Math.min(untold, builtAt), before.nextSeq + count)
    if (count === 0 && !(heartbeat && through > before.through)) return false
    const header = { firstSeq: BigInt(before.nextSeq), count, recordsHash, evidenceRoot, through, builtAt }
    const row = { ...header, firstSeq: before.nextSeq, headBefore: before.head, head: foldHead(before.head, header) }
    for (const { seq, bytes } of placed)
      this.#journal.db.update(records).set({ bytes }).where(eq(records.seq, seq)).run()
    this.#journal.db.insert(batches).values(row).run()
    return count > 0
  }

  /**
   * Below all that is open or comes in a later batch, and below the present second: an access later in this second must
   * not have a firstAt that a watermark already covers, or it would convict us.
   */
  #watermark(before: Basis, latest: number, nextSeq: number): number {
    const open = oldestFrom(this.#journal, nextSeq) ?? latest
    return Math.max(before.through, Math.min(open, latest) - 1)
  }

  #last(): Basis | undefined {
    const row = this.#journal.run.lastBatch.get()
    if (row === undefined) return undefined
    return { nextSeq: row.firstSeq + row.count, through: row.through, head: row.head as Basis['head'] }
  }

  #first(basis: Basis): Basis {
    const { deployment, recorder } = this.#journal.owner
    return { ...basis, nextSeq: 1, head: seedHead(deployment.chainId, deployment.contract, recorder) }
  }
}

interface NextBatch {
  before: Basis
  builtAt: number
  gathered: Gathered
  heartbeat: boolean
}
