/** @module A batch's evidence against what the chain binds it by: leaves, root, and orders for what was erased. Pure. */
import type { SequencedRecord } from '../../domain/access-record.ts'
import { fromHex, toHex } from '../../domain/bytes.ts'
import { type LeafPlace, leafHash, SALT_BYTES } from '../../domain/evidence.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import type { Scope, StoredEvidence } from '../store/port.ts'
import { type Finding, found, runsOf, type Whose } from './finding.ts'
import type { ChainBatch } from './sequence.ts'

export interface EvidenceOfBatch {
  batch: ChainBatch
  whose: Whose
  deployment: Pick<LeafPlace, 'contract' | 'chainId'>
  /** In sequence order: those of the batch's sequences that the store has. */
  rows: readonly StoredEvidence[]
  /** Sequences that the journal still keeps: their copy is on its way. */
  isOnItsWay: (seq: number) => boolean
  /** Every order to erase that is known. */
  orders: readonly Scope[]
}

export function judgeEvidence({ batch, whose, deployment, rows, isOnItsWay, orders }: EvidenceOfBatch): Finding[] {
  const seqs = new Set(rows.map(({ seq }) => seq))
  const absent = batch.records.map(({ seq }) => Number(seq)).filter((seq) => !seqs.has(seq))
  const lost = runsOf(absent.filter((seq) => !isOnItsWay(seq)))
  const missing = lost.map((run) => found('EVIDENCE_MISSING', whose, run, 'neither evidence store nor journal has it'))
  const misplaced = runsOf(rows.filter((row) => !isInPlace(row, batch)).map(({ seq }) => seq)).map((run) =>
    found('EVIDENCE_MISPLACED', whose, run, 'it is kept under another batch than the chain tells'),
  )
  const leaves = rows.map((row) => ({ row, leaf: provenLeaf(row, { ...deployment, recorderId: whose.recorderId }) }))
  const altered = runsOf(leaves.filter(({ row, leaf }) => leaf !== row.leaf).map(({ row }) => row.seq)).map((run) =>
    found('LEAF_DIFFERS', whose, run, 'its leaf is not the hash of its text and salt'),
  )
  const isWhole = absent.length === 0 && rows.length > 0
  const rooted = isWhole ? judgeRoot(leaves, { batch, whose, isAltered: altered.length > 0 }) : []
  return [...missing, ...misplaced, ...altered, ...rooted, ...judgeErased(rows, { batch, whose, orders })]
}

const isInPlace = ({ batchFirstSeq, batchCount }: StoredEvidence, { header }: ChainBatch): boolean =>
  batchFirstSeq === Number(header.firstSeq) && batchCount === header.count

const isErased = ({ text, salt }: StoredEvidence): boolean => text === undefined && salt === undefined

/** Returns the leaf that text and salt hash to; the kept one once they are erased; undefined when half of it is gone. */
export function provenLeaf(row: StoredEvidence, place: Omit<LeafPlace, 'seq'>): StoredEvidence['leaf'] | undefined {
  if (isErased(row)) return row.leaf
  const salt = fromHex(row.salt ?? '0x')
  if (salt.length !== SALT_BYTES || row.text === undefined) return undefined
  return toHex(leafHash({ ...place, seq: BigInt(row.seq) }, salt, row.text))
}

interface Rooting {
  batch: ChainBatch
  whose: Whose
  /** A leaf that is not its evidence's was told already: then either set of leaves may bear the root out. */
  isAltered: boolean
}

function judgeRoot(
  leaves: readonly { row: StoredEvidence; leaf: StoredEvidence['leaf'] | undefined }[],
  { batch, whose, isAltered }: Rooting,
): Finding[] {
  const { evidenceRoot, firstSeq, count } = batch.header
  const rootOf = (of: (at: (typeof leaves)[number]) => string): string =>
    toHex(merkleRoot(leaves.map((at) => fromHex(of(at)))))
  if (rootOf(({ row }) => row.leaf) === evidenceRoot) return []
  if (isAltered && rootOf(({ row, leaf }) => leaf ?? row.leaf) === evidenceRoot) return []
  const place = { seq: Number(firstSeq), count }
  return [found('ROOT_DIFFERS', whose, place, 'the tree of its leaves has another root than the chain holds')]
}

function judgeErased(
  rows: readonly StoredEvidence[],
  { batch, whose, orders }: Pick<EvidenceOfBatch, 'batch' | 'whose' | 'orders'>,
): Finding[] {
  const records = new Map(batch.records.map((record) => [Number(record.seq), record]))
  const unordered = rows.filter((row) => {
    const record = records.get(row.seq)
    return isErased(row) && record !== undefined && !orders.some((order) => mayReach(order, record))
  })
  return runsOf(unordered.map(({ seq }) => seq)).map((run) =>
    found('ERASED_WITHOUT_ORDER', whose, run, 'its text and salt are gone, and no erasure reaches it'),
  )
}

/** Of a sealed record the chain does not tell whom and what it is about: any order may have reached it. */
export function mayReach({ account, topicIds, before }: Scope, record: SequencedRecord): boolean {
  if (record.sealed) return true
  if (record.firstAt > before) return false
  if (account !== undefined && record.account !== account) return false
  return topicIds === undefined || topicIds.includes(record.topicId)
}
