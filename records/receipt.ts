/**
 * @module A receipt for one record, signed where the journal's file is: the recorder promises that its chain will hold
 * the record in time (DESIGN section 4).
 */
import secp256k1 from 'secp256k1'
import { concat, fromHex, type Hex, toHex } from '../domain/bytes.ts'
import type { SignedReceipt } from '../domain/receipt.ts'
import { receiptDigest } from '../domain/typed-data.ts'
import type { JournalFile } from './journal/journal-file.ts'
import { RecordsError } from './port.ts'

/** What passes between the last moment to anchor and a block that holds it. */
const GRACE_SECONDS = 3_600

export interface Promised {
  seq: number
  /** Seconds for which a record may wait for the chain before nothing may be accessed any more. */
  withinSeconds: number
}

/** Throws RecordsError when the journal has no such record any more. */
export function signReceipt(file: JournalFile, key: Hex, { seq, withinSeconds }: Promised): SignedReceipt {
  const [record] = file.recordsFrom(seq, 1)
  if (record?.seq !== seq) throw new RecordsError('JOURNAL_CLOSED', `the journal has no record ${seq} any more`)
  const { deployment, recorderId } = file.owner
  const anchorBy = record.firstAt + withinSeconds + GRACE_SECONDS
  const receipt = { recorderId, seq, leaf: toHex(record.leaf), anchorBy }
  const { signature, recid } = secp256k1.ecdsaSign(receiptDigest(deployment, receipt), fromHex(key))
  return { ...receipt, signature: toHex(concat(signature, Uint8Array.of(27 + recid))) }
}
