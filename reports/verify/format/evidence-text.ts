/**
 * @module A record's evidence, read. Its leaf proves that its recorder wrote it, not that it wrote well: what does not have
 * the shape is malformed, and narrows nothing.
 */
import { z } from 'zod'
import { bytes32, whole } from './primitives.ts'

const schema = z.object({
  clientId: z.string().optional(),
  country: z.string().optional(),
  address: z.string().optional(),
  names: z.array(z.object({ name: z.string(), count: whole })).optional(),
  unnamed: whole.optional(),
  block: z.object({ number: whole, hash: bytes32 }).optional(),
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
