/**
 * @module Batches in the journal's file. A batch's boundaries, bytes and tree are committed before its first send and
 * never change: whoever sends it, however often, sends the same bytes.
 */
import { Buffer } from 'node:buffer'
import { type Bytes32, keccak256, toHex } from '../../domain/bytes.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import { withBuiltAt } from '../../domain/sealing.ts'
import { and, asc, desc, eq, gte, inArray, lt } from '../drizzle.ts'
import type { JournalFile } from '../journal/journal-file.ts'
import { batches, records } from '../journal/schema.ts'
import type { StoredEvidence } from '../port.ts'
import { subjectOf } from './subject.ts'

export interface BuiltBatch {
  id: number
  firstSeq: number
  count: number
  evidenceRoot: Bytes32
  through: number
  builtAt: number
  headBefore: Bytes32
  head: Bytes32
  block: number | null
  copied: boolean
}

/** Where the chain stood when this journal knew of no batch: what the first one builds on. */
export interface Basis {
  nextSeq: number
  through: number
  head: Bytes32
}

export interface BuildOptions {
  /** Unix milliseconds, never before the last recorded access. */
  nowMs: number
  maxRecords: number
  /** Build an empty one when nothing waits. */
  heartbeat: boolean
  basis: Basis
}

export class BatchFile {
  readonly #journal: JournalFile

  constructor(journal: JournalFile) {
    this.#journal = journal
  }

  /** Every batch that is not final, in order. */
  pending(): BuiltBatch[] {
    const rows = this.#journal.db.select().from(batches).orderBy(asc(batches.id)).all()
    return rows.map(({ recordsHash: _hash, ...row }) => ({ ...row, copied: row.copied === 1 }) as BuiltBatch)
  }

  /** Builds what waits, in batches of `maxRecords`. Returns how many were built. */
  build(options: BuildOptions): number {
    return this.#journal.sqlite
      .transaction(() => {
        let built = 0
        while (this.#buildOne(options, built === 0 && options.heartbeat)) built++
        return built
      })
      .immediate()
  }

  /** The record bytes of a batch, exactly as its recordsHash covers them. */
  bytesOf(batch: Pick<BuiltBatch, 'firstSeq' | 'count'>): Buffer {
    return Buffer.concat(this.#journal.recordsFrom(batch.firstSeq, batch.count).map(({ bytes }) => bytes))
  }

  evidenceOf({ firstSeq, count }: Pick<BuiltBatch, 'firstSeq' | 'count'>): StoredEvidence[] {
    return this.#journal.recordsFrom(firstSeq, count).map(({ seq, bytes, evidence, salt, leaf }) => ({
      recorderId: this.#journal.owner.recorderId,
      seq,
      ...(evidence === '' ? {} : { text: evidence, salt: toHex(salt), subject: subjectOf(bytes, evidence) }),
      leaf: toHex(leaf),
      batchFirstSeq: firstSeq,
      batchCount: count,
    }))
  }

  setBlock(ids: readonly number[], block: number | null): void {
    this.#journal.db
      .update(batches)
      .set({ block })
      .where(inArray(batches.id, [...ids]))
      .run()
  }

  setCopied(id: number): void {
    this.#journal.db.update(batches).set({ copied: 1 }).where(eq(batches.id, id)).run()
  }

  /** Forgets batches that are final and copied: the chain and the evidence store hold them now. */
  forget(ids: readonly number[]): void {
    this.#journal.sqlite
      .transaction(() => {
        for (const batch of this.pending().filter(({ id }) => ids.includes(id))) {
          const mine = and(gte(records.seq, batch.firstSeq), lt(records.seq, batch.firstSeq + batch.count))
          this.#journal.db.delete(records).where(mine).run()
          this.#journal.db.delete(batches).where(eq(batches.id, batch.id)).run()
          this.#journal.remember({ nextSeq: batch.firstSeq + batch.count, through: batch.through, head: batch.head })
        }
      })
      .immediate()
  }

  #buildOne({ nowMs, maxRecords, basis }: BuildOptions, heartbeat: boolean): boolean {
    const before = this.#last() ?? this.#journal.remembered() ?? this.#first(basis)
    const rows = this.#journal.recordsFrom(before.nextSeq, maxRecords)
    const builtAt = Math.floor(nowMs / 1_000)
    const bytes = rows.map((row) => this.#placeInBatch(row, builtAt))
    const through = this.#watermark(before.through, builtAt, before.nextSeq + rows.length)
    if (rows.length === 0 && !(heartbeat && through > before.through)) return false
    const header = {
      firstSeq: BigInt(before.nextSeq),
      count: rows.length,
      recordsHash: toHex(keccak256(Buffer.concat(bytes))),
      evidenceRoot: toHex(merkleRoot(rows.map(({ leaf }) => leaf))),
      through,
      builtAt,
    }
    const row = { ...header, firstSeq: before.nextSeq, headBefore: before.head, head: foldHead(before.head, header) }
    this.#journal.db.insert(batches).values(row).run()
    return rows.length > 0
  }

  /** A sealed record's time is the batch's: from here on its bytes never change either. */
  #placeInBatch({ seq, bytes }: { seq: number; bytes: Buffer }, builtAt: number): Buffer {
    const placed = Buffer.from(withBuiltAt(bytes, builtAt))
    if (!placed.equals(bytes)) this.#journal.db.update(records).set({ bytes: placed }).where(eq(records.seq, seq)).run()
    return placed
  }

  /**
   * Below all that is open or comes in a later batch, and below the present second: an access later in this second must
   * not have a firstAt that a watermark already covers, or it would convict us.
   */
  #watermark(previous: number, builtAt: number, nextSeq: number): number {
    const open = this.#journal.oldestFrom(nextSeq) ?? builtAt
    return Math.max(previous, Math.min(open, builtAt) - 1)
  }

  #last(): Basis | undefined {
    const row = this.#journal.db.select().from(batches).orderBy(desc(batches.id)).limit(1).get()
    if (row === undefined) return undefined
    return { nextSeq: row.firstSeq + row.count, through: row.through, head: row.head as Bytes32 }
  }

  #first(basis: Basis): Basis {
    const { deployment, recorder } = this.#journal.owner
    return { ...basis, nextSeq: 1, head: seedHead(deployment.chainId, deployment.contract, recorder) }
  }
}
