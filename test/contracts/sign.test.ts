/** Bytes that are made by hand are those that ethers makes of the same facts. */
import { Transaction, Wallet } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { encodeRecordBatch } from '../../contracts/abi/record-batch.ts'
import { signTransaction, transactionHash } from '../../contracts/rpc/sign.ts'
import { toHex } from '../../domain/bytes.ts'

const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex)
const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => bytes[0] !== 255 && bytes.some((b) => b > 0))
const amount = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }))

describe('a transaction', () => {
  test('is signed and named as ethers does it, zeros and short signatures too (EIP-1559)', () => {
    const facts = fc.record({
      to: fc.option(hex(20), { nil: undefined }),
      data: fc.option(fc.uint8Array({ maxLength: 300 }).map(toHex), { nil: undefined }),
      value: fc.option(amount, { nil: undefined }),
      nonce: fc.oneof(fc.constant(0), fc.nat()),
      chainId: fc.bigInt({ min: 1n, max: 2n ** 53n }),
      gas: amount,
      aboveTip: amount,
      maxPriorityFeePerGas: amount,
    })
    fc.assert(
      fc.property(facts, key, ({ to, data, value, gas, aboveTip, ...facts }, secret) => {
        const rest = { ...facts, maxFeePerGas: facts.maxPriorityFeePerGas + aboveTip }
        const given = { ...(to && { to }), ...(data && { data }), ...(value === undefined ? {} : { value }) }
        const theirs = Transaction.from({ type: 2, gasLimit: gas, ...given, ...rest })
        theirs.signature = new Wallet(toHex(secret)).signingKey.sign(theirs.unsignedHash)
        const signed = signTransaction({ ...given, gas, ...rest }, secret)
        expect([signed, transactionHash(signed)]).toEqual([theirs.serialized, theirs.hash])
      }),
      { numRuns: 300 },
    )
  })
})

describe('a call of recordBatch', () => {
  test('has the ABI’s bytes, whatever the number of records', () => {
    const facts = fc.record({
      firstSeq: fc.nat(),
      bytes: fc.nat(5).chain((n) => fc.uint8Array({ minLength: n * 72, maxLength: n * 72 })),
      evidenceRoot: hex(32),
      through: fc.nat(),
      builtAt: fc.nat(),
    })
    fc.assert(
      fc.property(facts, (batch) => {
        const { firstSeq, bytes, evidenceRoot, through, builtAt } = batch
        const theirs = encodeCall('recordBatch', [firstSeq, bytes, evidenceRoot, through, builtAt])
        expect(encodeRecordBatch(batch)).toBe(theirs)
      }),
      { numRuns: 200 },
    )
  })
})
