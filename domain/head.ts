/**
 * @module The head of a recorder's sequence: the same fold as the contract's, so that gaps, edits and reordering show
 * from logs alone (DESIGN section 3, Access log). Pure.
 */
import { type Address, type Bytes32, concat, fromHex, keccak256, toHex, uint, utf8 } from './bytes.ts'

export interface BatchHeader {
  firstSeq: bigint
  count: number
  /** keccak256 of the batch's record bytes. */
  recordsHash: Bytes32
  /** RFC 6962 root over the leaves; SHA-256 of nothing for a heartbeat. */
  evidenceRoot: Bytes32
  /** The watermark, Unix seconds: every access decided at or before it has a sequence below the batch's end. */
  through: number
  /** Unix seconds: no record of the batch was decided after it. */
  builtAt: number
}

export const EMPTY_RECORDS_HASH: Bytes32 = toHex(keccak256(utf8('')))

/** Returns keccak256(abi.encode(chainid, contract, recorder)). */
export function seedHead(chainId: bigint, contract: Address, recorder: Address): Bytes32 {
  return hashWords(uint(chainId, 32), word(contract), word(recorder))
}

/** Returns keccak256(abi.encode(head, firstSeq, count, recordsHash, evidenceRoot, through, builtAt)). */
export function foldHead(head: Bytes32, batch: BatchHeader): Bytes32 {
  return hashWords(
    fromHex(head),
    uint(batch.firstSeq, 32),
    uint(batch.count, 32),
    fromHex(batch.recordsHash),
    fromHex(batch.evidenceRoot),
    uint(batch.through, 32),
    uint(batch.builtAt, 32),
  )
}

const word = (address: Address): Uint8Array => concat(new Uint8Array(12), fromHex(address))
const hashWords = (...words: Uint8Array[]): Bytes32 => toHex(keccak256(concat(...words)))
