/** @module What a batch will consist of, read and hashed a few records at a time. */
import { Buffer } from 'node:buffer'
import { type Bytes32, createKeccak256, toHex } from '../../domain/bytes.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import { withBuiltAt } from '../../domain/sealing.ts'
import { JOURNAL_SCHEMA } from '../journal/database.ts'
import type { JournalFile } from '../journal/journal-file.ts'
import { nativeSha256 } from '../native-hash.ts'
import { RecordsError } from '../port.ts'

export interface Gathered {
  count: number
  recordsHash: Bytes32
  evidenceRoot: Bytes32
  /** A sealed record's time is the batch's: from here on its bytes never change either. */
  placed: { seq: number; bytes: Buffer }[]
}

export interface Range {
  from: number
  /** Exclusive. */
  to: number
  builtAt: number
}

/** Reads closed entries, of which only sealed ones are still to be changed, and by nobody else. */
export function* gather({ run }: JournalFile, { from, to, builtAt }: Range): Generator<void, Gathered> {
  const keccak = createKeccak256()
  const leaves: Uint8Array[] = []
  const placed: Gathered['placed'] = []
  for (const [first, end] of inPieces(from, to)) {
    const rows = run.recordBytes.all({ from: first, to: end })
    assertGapless(rows, first, end)
    for (const row of rows) {
      const inBatch = Buffer.from(withBuiltAt(row.bytes, builtAt))
      if (!inBatch.equals(row.bytes)) placed.push({ seq: row.seq, bytes: inBatch })
      keccak.update(inBatch)
      leaves.push(row.leaf)
    }
    yield
  }
  const evidenceRoot = toHex(merkleRoot(leaves, nativeSha256))
  return { count: leaves.length, recordsHash: toHex(keccak.digest()), evidenceRoot, placed }
}

/** A row that is lost would shift every sequence after it. Throws RecordsError JOURNAL_DAMAGED. */
export function assertGapless(rows: readonly { seq: number }[], from: number, to: number): void {
  const gap = rows.findIndex(({ seq }, i) => seq !== from + i)
  if (gap === -1 && rows.length === to - from) return
  const missing = from + (gap === -1 ? rows.length : gap)
  throw new RecordsError('JOURNAL_DAMAGED', `The journal has lost record ${missing}. ${JOURNAL_SCHEMA.remedy}`)
}

/** A piece takes less than a commit. */
export const PIECE = 50

export function* inPieces(from: number, to: number): Generator<[number, number]> {
  for (let first = from; first < to; first += PIECE) yield [first, Math.min(to, first + PIECE)]
}
