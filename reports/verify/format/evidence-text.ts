/**
 * @module A record's evidence, read. Its leaf proves that its recorder wrote it, not that it wrote well: what does not have
 * the shape is malformed, and narrows nothing.
 */
import { z } from 'zod'
import type { SequencedRecord } from '../../../domain/access-record.ts'
import { openSealed } from '../../../domain/sealing.ts'
import { address, bytes32, seconds, whole } from './primitives.ts'

const sealed = z.object({
  action: whole,
  denialReason: whole,
  countIsLowerBound: z.boolean(),
  account: address,
  topicId: bytes32,
  grantId: whole,
  firstAt: seconds,
  span: whole,
  count: whole,
})

const schema = z.object({
  clientId: z.string().optional(),
  country: z.string().optional(),
  address: z.string().optional(),
  names: z.array(z.object({ name: z.string(), count: whole })).optional(),
  unnamed: whole.optional(),
  block: z.object({ number: whole, hash: bytes32 }).optional(),
  sealed: sealed.optional(),
})

/** What a report reads of evidence; undefined fields are not there. */
export type ReadEvidence = z.infer<typeof schema>

export function readEvidence(text: string): ReadEvidence | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Returns the record as it was decided; undefined for a sealed one whose evidence does not say. */
export function decidedRecord(
  record: SequencedRecord,
  evidence: ReadEvidence | undefined,
): SequencedRecord | undefined {
  if (!record.sealed) return record
  return evidence?.sealed && { ...record, ...openSealed(record, evidence.sealed), sealed: false }
}
