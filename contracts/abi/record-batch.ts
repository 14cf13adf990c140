/**
 * @module The call data of `recordBatch`, by hand: the ABI's head of five words, then the bytes, padded. The same as
 * `encodeCall` makes of it, a test says, in a hundredth of the time.
 */
import { encodeCall } from './calls.ts'

type Hex = `0x${string}`

export interface RecordBatch {
  firstSeq: number
  /** 72 for each record. */
  bytes: Uint8Array
  evidenceRoot: Hex
  through: number
  builtAt: number
}

const ZERO = `0x${'00'.repeat(32)}`
const SELECTOR = encodeCall('recordBatch', [0, '0x', ZERO, 0, 0]).slice(0, 10)
const HEAD_BYTES = 5 * 32

export function encodeRecordBatch({ firstSeq, bytes, evidenceRoot, through, builtAt }: RecordBatch): Hex {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  const head = [word(firstSeq), word(HEAD_BYTES), evidenceRoot.slice(2), word(through), word(builtAt)].join('')
  return `${SELECTOR}${head}${word(bytes.length)}${tail.padEnd(Math.ceil(bytes.length / 32) * 64, '0')}` as Hex
}

const word = (value: number): string => value.toString(16).padStart(64, '0')
