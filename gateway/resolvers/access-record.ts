/** @module An access record's answers: who, what, when, why, and what proves them. */
import { type Bytes32, type Hex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { areaOf, liesWithin } from '../../domain/filter-overlap.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import type { AuditBatch, AuditRecord } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { type At, at, wallet } from './as-of.ts'
import { cursorOf } from './connection.ts'
import type { GatewayContext } from './context.ts'
import { recordBytes } from './record-bytes.ts'

/** A record with the topic that was asked for. */
type RecordNode = At<AuditRecord & { asked?: TopicFilter }>

export const AccessRecord = {
  cursor: (record: RecordNode) => cursorOf(record, record.at),
  who: ({ account, at: block }: RecordNode) => (account === ZERO_ADDRESS ? null : wallet(account, block)),
  what: ({ topicId, at: block }: RecordNode, _: unknown, { store }: GatewayContext) =>
    topicId === ZERO_BYTES32 ? null : at(store.topic(topicId, block.number), block),
  async match({ asked, topicId, at: block, ...record }: RecordNode, _: unknown, { store }: GatewayContext) {
    if (asked === undefined) return null
    const topic = await store.topic(topicId, block.number)
    const byGrant = record.outcome === 'ALLOWED' && record.grant !== 0n
    const isWithin = topic !== undefined && liesWithin(areaOf(topic.filter as TopicFilter, byGrant), asked)
    return isWithin ? 'CERTAIN' : 'POSSIBLE'
  },
  action: ({ action }: RecordNode) => known(action),
  outcome: ({ outcome }: RecordNode) => known(outcome),
  denialReason: ({ denialReason }: RecordNode) => (denialReason === 'NONE' ? null : known(denialReason)),
  when: ({ firstAt: first, lastAt: last, count, countIsLowerBound }: RecordNode) => ({
    first,
    last,
    count,
    countIsLowerBound,
  }),
  why: ({ grant, at: block }: RecordNode, _: unknown, { store }: GatewayContext) =>
    grant === 0n ? null : at(store.grant(grant, block.number), block),
  proof: (record: RecordNode) => record,
  evidence: async (record: RecordNode, _: unknown, { evidence }: GatewayContext) => ({
    ...(await evidence.look(record)),
    record,
  }),
}

export const Proof = {
  recorder: (record: RecordNode, _: unknown, { store }: GatewayContext) =>
    at(store.recorder(record.recorder, record.at.number), record.at),
  record: (record: RecordNode) => recordBytes(record),
  batch: async (record: RecordNode, _: unknown, context: GatewayContext) =>
    at(await batchOf(record, context), record.at),
  position: async (record: RecordNode, _: unknown, context: GatewayContext) =>
    Number(record.sequence - (await batchOf(record, context)).firstSequence),
  head: async (record: RecordNode, _: unknown, context: GatewayContext): Promise<Bytes32> =>
    (await batchOf(record, context)).head,
}

export const Batch = {
  recorder: ({ recorder, at: block }: At<AuditBatch>, _: unknown, { store }: GatewayContext) =>
    at(store.recorder(recorder, block.number), block),
  async recordBytes(batch: AuditBatch, _: unknown, { store }: GatewayContext): Promise<Hex> {
    const records = await store.recordsOf(batch)
    if (records.length !== batch.count)
      throw new Error(`${records.length} of ${batch.count} records are in the history`)
    return `0x${records.map((record) => recordBytes(record).slice(2)).join('')}`
  },
}

/** The contract checks no byte of a record: a broken recorder's number must not spoil the answer it stands in. */
const known = (name: string): string => (name.startsWith('UNKNOWN') ? 'UNKNOWN' : name)

/** A batch's event stands behind its records in one block. The history may be rolled back between two questions. */
async function batchOf(record: RecordNode, { store }: GatewayContext): Promise<AuditBatch> {
  const batches = await store.batches(record.transaction, record.recorder)
  const holds = ({ firstSequence, count }: AuditBatch): boolean =>
    firstSequence <= record.sequence && record.sequence < firstSequence + BigInt(count)
  const lost = 'The chain replaced the block of this record while it was read. Ask again.'
  return batches.find(holds) ?? refuse('RECORD_REORGANISED', lost)
}
