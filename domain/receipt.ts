/**
 * @module Receipts (DESIGN section 4): a recorder's signed promise that one record will stand on chain by a time, as a
 * device gets it and anyone can check it. Pure.
 */
import { type Bytes32, concat, fromHex, type Hex, toHex, toUint, uint } from './bytes.ts'

/** The User Property by which a device asks, in its CONNECT, and by which it gets its receipts. */
export const RECEIPT_PROPERTY = 'flytrap-receipt'
/** What a device says to ask. */
export const RECEIPT_WANTED = '1'
/** What stands in a receipt's place where none could be signed: the access is recorded all the same. */
export const RECEIPT_UNAVAILABLE = 'unavailable'

export interface Receipt {
  recorderId: number
  seq: number
  /** The record's leaf: it binds all that the evidence says, and tells nothing of it. */
  leaf: Bytes32
  /** Unix seconds: then the chain holds the record, or the recorder broke its word. */
  anchorBy: number
}

export interface SignedReceipt extends Receipt {
  /** Of the recorder's key over `receiptDigest`: r 32, s 32, v 1. */
  signature: Hex
}

const PREFIX = 'ftr1.'
const BYTES = 4 + 8 + 32 + 5 + 65
/** Characters of every receipt: 114 bytes are 152 digits. */
export const RECEIPT_LENGTH = PREFIX.length + (BYTES * 4) / 3
const MAX_SAFE_SEQ = BigInt(Number.MAX_SAFE_INTEGER)

/** Returns `ftr1.` and base64url of recorderId u32, seq u64, leaf 32, anchorBy u40, signature 65. */
export function encodeReceipt({ recorderId, seq, leaf, anchorBy, signature }: SignedReceipt): string {
  const bytes = concat(uint(recorderId, 4), uint(seq, 8), fromHex(leaf), uint(anchorBy, 5), fromHex(signature))
  const text = btoa(String.fromCharCode(...bytes))
  return PREFIX + text.replaceAll('+', '-').replaceAll('/', '_')
}

/** Returns the receipt, or undefined when it is not of our form, byte for byte. */
export function parseReceipt(text: string): SignedReceipt | undefined {
  if (text.length !== RECEIPT_LENGTH || !/^ftr1\.[A-Za-z0-9_-]+$/.test(text)) return undefined
  const digits = atob(text.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(digits, (c) => c.charCodeAt(0))
  const seq = toUint(bytes.subarray(4, 12))
  if (seq > MAX_SAFE_SEQ) return undefined
  return {
    recorderId: Number(toUint(bytes.subarray(0, 4))),
    seq: Number(seq),
    leaf: toHex(bytes.subarray(12, 44)),
    anchorBy: Number(toUint(bytes.subarray(44, 49))),
    signature: toHex(bytes.subarray(49)),
  }
}
