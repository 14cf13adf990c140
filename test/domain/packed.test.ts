import { AbiCoder, keccak256 } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccessRecord, sealRecord } from '../../domain/access-record.ts'
import { concat, type Hex, toHex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { decodeRecords, encodeMeta, encodeRecord, packAccess, RECORD_BYTES, unpackAccess } from '../../domain/packed.ts'

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b): Hex => toHex(b))
const records: fc.Arbitrary<AccessRecord> = fc.record({
  action: fc.constantFrom(...Object.values(Action)),
  outcome: fc.constantFrom(...Object.values(Outcome)),
  denialReason: fc.constantFrom(...Object.values(DenialReason)),
  countIsLowerBound: fc.boolean(),
  sealed: fc.boolean(),
  account: hex(20),
  topicId: hex(32),
  grantId: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  firstAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  span: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  count: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
})

describe('a record', () => {
  test('comes back from its 72 bytes and from its packed word as it was', () => {
    fc.assert(
      fc.property(
        records,
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.bigInt(1n, 2n ** 64n - 1n),
        (record, recorderId, seq) => {
          const sequenced = { ...record, recorderId, seq }
          expect(encodeRecord(record)).toHaveLength(RECORD_BYTES)
          expect(decodeRecords(encodeRecord(record), recorderId, seq)).toEqual([sequenced])
          expect(unpackAccess(record.account, record.topicId, packAccess(sequenced))).toEqual(sequenced)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('has its meta fields in the order of the design, big-endian', () => {
    const meta = encodeMeta({
      action: Action.PUBLISH,
      outcome: Outcome.DENIED,
      denialReason: DenialReason.NO_GRANT,
      countIsLowerBound: true,
      sealed: false,
      account: ZERO_ADDRESS,
      topicId: ZERO_BYTES32,
      firstAt: 0x0102030405,
      span: 0x060708,
      count: 0x090a0b,
      grantId: 0x0c0d0e0f10,
    })
    expect(toHex(meta)).toBe('0x048100cb' + '0102030405' + '060708' + '090a0b' + '0c0d0e0f10')
  })

  test('that does not fit is refused, never cut', () => {
    const record = { ...sealRecord({} as AccessRecord, 0), outcome: Outcome.ALLOWED }
    expect(() => encodeRecord({ ...record, count: 2 ** 24 })).toThrow(RangeError)
    expect(() => encodeRecord({ ...record, firstAt: -1 })).toThrow(RangeError)
    expect(() => decodeRecords(concat(encodeRecord(record), Uint8Array.of(0)), 1, 1n)).toThrow(RangeError)
  })

  test('shows only outcome and place when sealed', () => {
    fc.assert(
      fc.property(records, (record) => {
        const { outcome, sealed, firstAt, count, ...rest } = sealRecord(record, 7)
        expect([outcome, sealed, firstAt, count]).toEqual([record.outcome, true, 7, 1])
        expect(rest).toEqual({
          action: 0,
          denialReason: 0,
          countIsLowerBound: false,
          account: ZERO_ADDRESS,
          topicId: ZERO_BYTES32,
          grantId: 0,
          span: 0,
        })
      }),
      { numRuns: 20 },
    )
  })
})

describe('a head', () => {
  const contract: Hex = `0x${'11'.repeat(20)}`
  const recorder: Hex = `0x${'22'.repeat(20)}`

  test('is seeded and folded as the EVM encodes it', () => {
    const seed = seedHead(31_337n, contract, recorder)
    expect(seed).toBe(
      keccak256(AbiCoder.defaultAbiCoder().encode(['uint256', 'address', 'address'], [31_337n, contract, recorder])),
    )

    const batch = {
      firstSeq: 1n,
      count: 3,
      recordsHash: `0x${'33'.repeat(32)}` as Hex,
      evidenceRoot: `0x${'44'.repeat(32)}` as Hex,
      through: 5,
      builtAt: 6,
    }
    const types = ['bytes32', 'uint64', 'uint32', 'bytes32', 'bytes32', 'uint40', 'uint40']
    const values = [
      seed,
      batch.firstSeq,
      batch.count,
      batch.recordsHash,
      batch.evidenceRoot,
      batch.through,
      batch.builtAt,
    ]
    expect(foldHead(seed, batch)).toBe(keccak256(AbiCoder.defaultAbiCoder().encode(types, values)))
  })
})
