/** @module What a receipt turns out to be worth: kept, still open, broken, or in doubt. Pure. */
import { type Bytes32, fromHex } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import { verifyInclusion } from '../../domain/merkle-tree.ts'
import type { SignedReceipt } from '../../domain/receipt.ts'

/** What the chain says of the recorder that signed. */
export interface SignerOnChain {
  recorderId: number
  state: number
  nextSeq: number
  /** Of the block that says so, Unix seconds. */
  chainTime: number
}

/** The batch that holds the sequence. */
export interface HoldingBatch {
  firstSeq: number
  count: number
  evidenceRoot: Bytes32
  /** Of its block, Unix seconds. */
  minedAt: number
}

/** What a gateway says of the leaf; undefined when it says nothing. */
export interface ToldInclusion {
  leaf: Bytes32
  path: readonly Bytes32[]
}

export type ReceiptCase =
  | 'ANCHORED'
  | 'LEAF_NOT_CHECKED'
  | 'NOT_YET_DUE'
  | 'NOT_REACHED'
  | 'OTHER_LEAF'
  | 'LEAF_REFUSED'
  | 'NOT_PROVABLE'
  | 'NOT_GENUINE'

/** Whether the case clears the recorder, says nothing yet, raises suspicion, or proves that it cheated. */
export type ReceiptVerdict = 'KEPT' | 'OPEN' | 'SUSPICION' | 'PROOF' | 'WORTHLESS'

export const VERDICTS: Readonly<Record<ReceiptCase, ReceiptVerdict>> = {
  ANCHORED: 'KEPT',
  LEAF_NOT_CHECKED: 'OPEN',
  NOT_YET_DUE: 'OPEN',
  NOT_REACHED: 'PROOF',
  OTHER_LEAF: 'PROOF',
  LEAF_REFUSED: 'SUSPICION',
  NOT_PROVABLE: 'OPEN',
  NOT_GENUINE: 'WORTHLESS',
}

/** Judges by the chain alone; undefined: the chain holds the sequence in time, and the leaf decides. */
export function judgeByChain(
  { recorderId, anchorBy }: SignedReceipt,
  signer: SignerOnChain | undefined,
  batch: HoldingBatch | undefined,
): ReceiptCase | undefined {
  if (signer === undefined || signer.state === RecorderState.NONE || signer.recorderId !== recorderId)
    return 'NOT_GENUINE'
  if (batch !== undefined) return batch.minedAt > anchorBy ? 'NOT_REACHED' : undefined
  // Stopped: its key was stolen, and whoever has it signs what he likes. Never proof of cheating.
  if (signer.state === RecorderState.STOPPED) return 'NOT_PROVABLE'
  return signer.chainTime > anchorBy ? 'NOT_REACHED' : 'NOT_YET_DUE'
}

/** Judges the leaf of a sequence that the chain holds. `told` is null where no gateway was asked. */
export function judgeLeaf(
  { leaf, seq }: SignedReceipt,
  { firstSeq, count, evidenceRoot }: HoldingBatch,
  told: ToldInclusion | undefined | null,
): ReceiptCase {
  if (told === null) return 'LEAF_NOT_CHECKED'
  if (told === undefined) return 'LEAF_REFUSED'
  const isIncluded = verifyInclusion({
    leaf: fromHex(told.leaf),
    index: seq - firstSeq,
    size: count,
    path: told.path.map(fromHex),
    root: fromHex(evidenceRoot),
  })
  if (!isIncluded) return 'LEAF_REFUSED'
  // The signed word and the anchored record differ: both are the recorder's.
  return told.leaf === leaf ? 'ANCHORED' : 'OTHER_LEAF'
}
