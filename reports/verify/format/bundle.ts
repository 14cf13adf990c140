/**
 * @module The evidence bundle that every report carries: all that its rows were made of, so that anyone can make them
 * again. The agreement stands on the doubter's side; `compile` conforms to it.
 */
import { z } from 'zod'
import { address, bytes, bytes32, seconds, whole } from './primitives.ts'

/** A block's header as the node gave it, under the node's names; its hash is rebuilt from it. */
export const headerSchema = z.record(z.string().max(40), z.string().max(2_048))

export const blockSchema = z.strictObject({ number: whole, hash: bytes32, timestamp: seconds, header: headerSchema })

/** A contract event other than Access and Batch, raw: topics, grants, recorders and report signers. */
export const logSchema = z.strictObject({
  topics: z.array(bytes32).max(4),
  data: bytes,
  blockNumber: whole,
  blockHash: bytes32,
  transactionHash: bytes32,
  transactionIndex: whole,
  logIndex: whole,
})

/** `text` and `salt` are absent once erased, and where the viewer may not see them; `seq` is the record's. */
export const evidenceSchema = z.strictObject({
  seq: whole,
  text: z.string().optional(),
  salt: bytes.optional(),
  withheld: z.literal(true).optional(),
})

export const batchSchema = z.strictObject({
  firstSeq: whole.min(1),
  count: whole,
  recordsHash: bytes32,
  evidenceRoot: bytes32,
  through: seconds,
  builtAt: seconds,
  head: bytes32,
  blockNumber: whole,
  blockHash: bytes32,
  transactionHash: bytes32,
  logIndex: whole,
  /** 72 bytes a record; there for every batch that the period needs. */
  records: bytes.optional(),
  /** One a record; absent where the evidence store has nothing of the batch. */
  leaves: z.array(bytes32).optional(),
  /** Of the records that the question had to look at, shown or not. */
  evidence: z.array(evidenceSchema).optional(),
})

export const recorderSchema = z.strictObject({ recorder: address, id: whole, batches: z.array(batchSchema) })

/** The answer of `eth_getProof`, with the slots that were asked for. */
export const proofSchema = z.strictObject({
  accountProof: z.array(bytes),
  storageProof: z.array(z.strictObject({ key: bytes32, value: z.string().max(66), proof: z.array(bytes) })),
})

export const questionSchema = z.strictObject({
  topicFilter: z.string(),
  from: seconds,
  to: seconds,
  /** False: the deployment's time, and the lowest watermark, were taken. */
  fromGiven: z.boolean(),
  toGiven: z.boolean(),
})

export const bundleSchema = z.strictObject({
  format: z.literal('flytrap-evidence/1'),
  deployment: z.strictObject({ chainId: whole, contract: address, deployBlock: whole }),
  question: questionSchema,
  /** The account whose rights decided what is open; absent: the operator's, who may see all. */
  viewer: address.optional(),
  /** The block that the answer is as of. */
  block: blockSchema,
  /** The blocks of `logs` and of the deployment, by number: they date them. */
  blocks: z.array(blockSchema),
  logs: z.array(logSchema),
  recorders: z.array(recorderSchema),
  /** Null where the node could not give one. */
  proof: proofSchema.nullable(),
})

export type Bundle = z.infer<typeof bundleSchema>
export type BundleBlock = z.infer<typeof blockSchema>
export type BundleLog = z.infer<typeof logSchema>
export type BundleBatch = z.infer<typeof batchSchema>
export type BundleRecorder = z.infer<typeof recorderSchema>
export type BundleEvidence = z.infer<typeof evidenceSchema>
export type BundleProof = z.infer<typeof proofSchema>
export type Question = z.infer<typeof questionSchema>
