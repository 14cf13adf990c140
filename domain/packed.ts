/**
 * @module The bytes of a record: 72 in a batch (account 20, topicId 32, meta 20), and the `packed` word of the Access
 * event (meta, then recorderId u32, seq u64). Final; test/vectors/packed.json is read by Solidity too. Pure.
 */
import type { AccessRecord, SequencedRecord } from './access-record.ts'
import { concat, fromHex, toHex, toUint, uint } from './bytes.ts'
import { type Action, type DenialReason, type Outcome, OutcomeFlag } from './enums.ts'

export const RECORD_BYTES = 72
/** The 128 KiB mempool limit binds first (DESIGN section 3). */
export const MAX_BATCH_RECORDS = 1_500
export const MAX_U24 = 0xff_ffff
export const MAX_U40 = 0xff_ffff_ffff

/** Returns the 20 bytes: action, outcome, denialReason u16, firstAt u40, span u24, count u24, grantId u40. */
export function encodeMeta(record: AccessRecord): Uint8Array {
  const flags =
    (record.countIsLowerBound ? OutcomeFlag.COUNT_IS_LOWER_BOUND : 0) | (record.sealed ? OutcomeFlag.SEALED : 0)
  return concat(
    uint(record.action, 1),
    uint(record.outcome | flags, 1),
    uint(record.denialReason, 2),
    uint(record.firstAt, 5),
    uint(record.span, 3),
    uint(record.count, 3),
    uint(record.grantId, 5),
  )
}

/** Returns the record's 72 bytes in a batch. Throws RangeError when a field does not fit. */
export function encodeRecord(record: AccessRecord): Uint8Array {
  return concat(fromHex(record.account), fromHex(record.topicId), encodeMeta(record))
}

/** Returns the records of a batch. Throws RangeError when the length is no multiple of 72. */
export function decodeRecords(bytes: Uint8Array, recorderId: number, firstSeq: bigint): SequencedRecord[] {
  if (bytes.length % RECORD_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are no whole records`)
  return Array.from({ length: bytes.length / RECORD_BYTES }, (_, i) => {
    const at = i * RECORD_BYTES
    return {
      account: toHex(bytes.subarray(at, at + 20)),
      topicId: toHex(bytes.subarray(at + 20, at + 52)),
      ...decodeMeta(bytes.subarray(at + 52, at + 72)),
      recorderId,
      seq: firstSeq + BigInt(i),
    }
  })
}

/** Returns the `packed` word of the Access event. */
export function packAccess(record: SequencedRecord): bigint {
  return (toUint(encodeMeta(record)) << 96n) | (BigInt(record.recorderId) << 64n) | record.seq
}

/** Returns the record of an Access event. Numbers outside our tables are kept as they are: no record stops a reader. */
export function unpackAccess(account: string, topicId: string, packed: bigint): SequencedRecord {
  return {
    account: account.toLowerCase() as SequencedRecord['account'],
    topicId: topicId.toLowerCase() as SequencedRecord['topicId'],
    ...decodeMeta(uint(packed >> 96n, 20)),
    recorderId: Number((packed >> 64n) & 0xffff_ffffn),
    seq: packed & 0xffff_ffff_ffff_ffffn,
  }
}

function decodeMeta(meta: Uint8Array): Omit<AccessRecord, 'account' | 'topicId'> {
  const number = (from: number, to: number): number => Number(toUint(meta.subarray(from, to)))
  const outcome = number(1, 2)
  return {
    action: number(0, 1) as Action | 0,
    outcome: (outcome & 0x3f) as Outcome,
    countIsLowerBound: (outcome & OutcomeFlag.COUNT_IS_LOWER_BOUND) !== 0,
    sealed: (outcome & OutcomeFlag.SEALED) !== 0,
    denialReason: number(2, 4) as DenialReason,
    firstAt: number(4, 9),
    span: number(9, 12),
    count: number(12, 15),
    grantId: number(15, 20),
  }
}
