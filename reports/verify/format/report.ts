/**
 * @module A compiled topic-access report as plain data: what the pages say, in codes. Its rows are made again by
 * `verify`; the words stand in `texts`, the points in `render`.
 */
import { z } from 'zod'
import { bundleSchema, questionSchema } from './bundle.ts'
import { address, bytes32, seconds, whole } from './primitives.ts'

const code = z.string().max(64)
const names = z.array(z.strictObject({ name: z.string(), count: whole }))

export const rowSchema = z.strictObject({
  recorderId: whole,
  seq: whole,
  /** `possible`: cannot be narrowed to the topic that was asked for. */
  relation: z.enum(['certain', 'possible']),
  /** Null: nobody proved who it was. */
  account: address.nullable(),
  action: code,
  outcome: z.enum(['ALLOWED', 'DENIED']),
  denialReason: code.nullable(),
  topicId: bytes32,
  /** Null where the topic is not registered. */
  filter: z.string().nullable(),
  /** Concrete names within the question, from evidence; null where evidence names none. */
  names: names.nullable(),
  /** Null: none; an allowed access without a grant was the owner's. */
  grantId: whole.nullable(),
  firstAt: seconds,
  lastAt: seconds,
  /** Of `names` where they are known, else of the record. */
  count: whole,
  countIsLowerBound: z.boolean(),
  /** On chain stand recorder, sequence and outcome alone; the evidence says the rest. */
  sealed: z.boolean(),
  /** Malformed: as recorded, but not of the shape that evidence has. */
  evidence: z.enum(['OPEN', 'MALFORMED', 'ERASED', 'WITHHELD', 'NOT_AVAILABLE']),
  clientId: z.string().nullable(),
  address: z.string().nullable(),
  transaction: bytes32,
  block: whole,
})

export const grantSchema = z.strictObject({
  id: whole,
  right: code,
  account: address,
  topicId: bytes32,
  filter: z.string().nullable(),
  grantor: address,
  lawfulBasis: code,
  /** Zero: none was stated. */
  purpose: bytes32,
  /** The time of the block that issued it. */
  since: seconds,
  /** Exclusive. */
  until: seconds,
  ended: z.strictObject({ at: seconds, by: address }).nullable(),
})

export const recorderFactsSchema = z.strictObject({
  recorder: address,
  id: whole,
  state: code,
  addedAt: seconds,
  /** Of a retired or stopped one, when. */
  endedAt: seconds.nullable(),
  firstSeq: whole.nullable(),
  lastSeq: whole.nullable(),
  through: seconds,
  builtAt: seconds,
  servedInPeriod: z.boolean(),
  complete: z.boolean(),
})

export const accountFactsSchema = z.strictObject({
  account: address.nullable(),
  /** Accesses by action, of allowed rows that are certain. */
  allowed: z.record(code, whole),
  denied: whole,
  /** Counts of rows that cannot be narrowed to the question. */
  perhapsAllowed: whole,
  perhapsDenied: whole,
  firstAt: seconds,
  lastAt: seconds,
  /** Of the certain rows. */
  countIsLowerBound: z.boolean(),
  owner: z.boolean(),
  grantIds: z.array(whole),
})

export const reportSchema = z.strictObject({
  format: z.literal('flytrap-report/1'),
  kind: z.literal('TOPIC_ACCESS'),
  template: z.string().max(64),
  language: z.literal('en'),
  question: questionSchema,
  deployment: bundleSchema.shape.deployment,
  developmentChain: z.boolean(),
  block: z.strictObject({ number: whole, hash: bytes32, timestamp: seconds }),
  viewer: z.union([z.literal('OPERATOR'), address]),
  signer: z.strictObject({ subject: z.string(), certificateHash: bytes32, spkiHash: bytes32 }),
  /** SHA-256 of the bundle's RFC 8785 text. */
  evidenceDigest: bytes32,
  complete: z.boolean(),
  /** The lowest watermark of the recorders that serve; null without any. */
  watermark: seconds.nullable(),
  recorders: z.array(recorderFactsSchema),
  counts: z.strictObject({
    /** Records of the period, of any topic. */
    recordsInPeriod: whole,
    rows: whole,
    allowed: whole,
    denied: whole,
    /** Rows whose topic cannot be narrowed to the one that was asked for. */
    notNarrowed: whole,
    /** Records of the same topics that evidence shows to be about other names. */
    otherNames: whole,
    /** Sealed records that stay closed: of other topics, or without evidence that may be shown. */
    sealed: whole,
    /** Rows whose record is sealed. */
    unsealed: whole,
    erased: whole,
    withheld: whole,
    notAvailable: whole,
    events: whole,
  }),
  stateProof: z.boolean(),
  topics: z.array(
    z.strictObject({ topicId: bytes32, filter: z.string(), owner: address.nullable(), registeredAt: seconds }),
  ),
  accounts: z.array(accountFactsSchema),
  grants: z.array(grantSchema),
  rows: z.array(rowSchema),
})

export const attachmentSchema = z.strictObject({ bundle: bundleSchema, report: reportSchema })

export type Report = z.infer<typeof reportSchema>
export type ReportRow = z.infer<typeof rowSchema>
export type ReportGrant = z.infer<typeof grantSchema>
export type RecorderFacts = z.infer<typeof recorderFactsSchema>
export type AccountFacts = z.infer<typeof accountFactsSchema>
export type Attachment = z.infer<typeof attachmentSchema>

export const ATTACHMENT_NAME = 'flytrap-evidence.json'
