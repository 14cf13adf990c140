/** @module A journal against itself and against the chain: what it recorded must be there, as it was built. Pure. */
import { type Bytes32, concat, keccak256, toHex } from '../../domain/bytes.ts'
import type { LeafPlace } from '../../domain/evidence.ts'
import { foldHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import { decodeRecords, RECORD_BYTES } from '../../domain/packed.ts'
import type { Scope } from '../store/port.ts'
import { mayReach, provenLeaf } from './evidence.ts'
import { type Finding, found, runsOf, type Whose } from './finding.ts'
import type { ChainBatch } from './sequence.ts'

/** One record as the journal keeps it. */
export interface JournalRow {
  seq: number
  bytes: Uint8Array
  /** Empty once erased. */
  evidence: string
  salt: Uint8Array
  leaf: Uint8Array
}

/** A batch that is not final, as it was built. */
export interface JournalBatch {
  id: number
  firstSeq: number
  count: number
  recordsHash: Bytes32
  evidenceRoot: Bytes32
  through: number
  builtAt: number
  headBefore: Bytes32
  head: Bytes32
  block: number | null
}

export interface JournalContext {
  whose: Whose
  deployment: Pick<LeafPlace, 'contract' | 'chainId'>
  orders: readonly Scope[]
}

/** Judges a batch by its own records: header and head must be theirs. */
export function judgeJournalBatch(
  batch: JournalBatch,
  rows: readonly JournalRow[],
  context: JournalContext,
): Finding[] {
  const { whose } = context
  const place = { seq: batch.firstSeq, count: batch.count }
  const absent = absentFrom(rows, batch.firstSeq, batch.count)
  if (absent.length > 0)
    return absent.map((run) => found('MISSING_IN_JOURNAL', whose, run, 'a batch that is not final counts them'))
  const built = {
    firstSeq: BigInt(batch.firstSeq),
    count: batch.count,
    recordsHash: toHex(keccak256(concat(...rows.map(({ bytes }) => bytes)))),
    evidenceRoot: toHex(merkleRoot(rows.map(({ leaf }) => leaf))),
    through: batch.through,
    builtAt: batch.builtAt,
  }
  const rowFlaws = judgeJournalRows(rows, context)
  const isAsBuilt = foldHead(batch.headBefore, built) === batch.head && built.recordsHash === batch.recordsHash
  // A row that is not its leaf's was told already.
  if (isAsBuilt || rowFlaws.length > 0) return rowFlaws
  return [found('ALTERED_IN_JOURNAL', whose, place, 'the batch is not as it was built')]
}

/** Judges records by their leaves; batched or not. */
export function judgeJournalRows(
  rows: readonly JournalRow[],
  { whose, deployment, orders }: JournalContext,
): Finding[] {
  const place = { ...deployment, recorderId: whose.recorderId }
  const altered = rows.filter((row) => !isWhole(row, place))
  const erased = rows.filter((row) => row.evidence === '' && row.bytes.length === RECORD_BYTES)
  const unordered = erased.filter(({ seq, bytes }) => {
    const [record] = decodeRecords(bytes, whose.recorderId, BigInt(seq))
    return record !== undefined && !orders.some((order) => mayReach(order, record))
  })
  return [
    ...runsOf(altered.map(({ seq }) => seq)).map((run) =>
      found('ALTERED_IN_JOURNAL', whose, run, 'its leaf is not the hash of its text and salt'),
    ),
    ...runsOf(unordered.map(({ seq }) => seq)).map((run) =>
      found('ERASED_WITHOUT_ORDER', whose, run, 'the journal’s text is gone, and no erasure reaches it'),
    ),
  ]
}

function isWhole({ seq, bytes, evidence, salt, leaf }: JournalRow, place: Omit<LeafPlace, 'seq'>): boolean {
  if (bytes.length !== RECORD_BYTES) return false
  const stored = { recorderId: place.recorderId, seq, leaf: toHex(leaf), batchFirstSeq: 0, batchCount: 0 }
  const row = evidence === '' ? stored : { ...stored, text: evidence, salt: toHex(salt) }
  return provenLeaf(row, place) === row.leaf
}

/** Returns the sequences that are not there, as runs. */
export function absentFrom(rows: readonly JournalRow[], firstSeq: number, count: number) {
  const seqs = new Set(rows.map(({ seq }) => seq))
  return runsOf(Array.from({ length: count }, (_, i) => firstSeq + i).filter((seq) => !seqs.has(seq)))
}

/** Is what the chain holds what the journal built? Undefined: the journal has nothing there, or it is the same. */
export function judgeAgainstChain(
  batch: ChainBatch,
  built: JournalBatch | undefined,
  whose: Whose,
): Finding | undefined {
  if (built === undefined || built.head === batch.head || batch.header.count === 0) return undefined
  const isSame = batch.header.recordsHash === built.recordsHash
  const other = isSame ? 'the same records under another header' : 'other records'
  const place = { seq: Number(batch.header.firstSeq), count: batch.header.count }
  return found('JOURNAL_DIFFERS', whose, place, `block ${batch.block} holds ${other} than the journal built`)
}

/** Unix seconds by which what was decided at `firstAt` must be on chain (DESIGN section 4, Receipts). */
export const anchorBy = (firstAt: number, maxUnanchoredMs: number): number =>
  firstAt + Math.ceil(maxUnanchoredMs / 1_000) + 3_600
