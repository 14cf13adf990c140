/** @module An access record's answers: who, what, when, why, and what proves them. */
import { type Bytes32, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { areaOf, liesWithin } from '../../domain/filter-overlap.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import type { AuditBatch, AuditBlock, AuditRecord } from '../audit-store/port.ts'
import { type At, at, wallet } from './as-of.ts'
import { cursorOf } from './connection.ts'
import type { GatewayContext } from './context.ts'

/** A record with the block of its first page, and the topic that was asked for. */
type RecordNode = At<AuditRecord & { asked?: TopicFilter; anchor: AuditBlock }>

const WITHHELD = {
  status: 'WITHHELD',
  reason:
    'Evidence is for auditors, topic owners and subjects after sign-in, which this version does not offer yet. The operator’s reports carry it.',
}

export const AccessRecord = {
  cursor: (record: RecordNode) => cursorOf(record, record.anchor),
  who: ({ account, at: block }: RecordNode) => (account === ZERO_ADDRESS ? null : wallet(account, block)),
  what: async ({ topicId, at: block }: RecordNode, _: unknown, { store }: GatewayContext) =>
    topicId === ZERO_BYTES32 ? null : at(await store.topic(topicId, block), block),
  async match({ asked, topicId, at: block, ...record }: RecordNode, _: unknown, { store }: GatewayContext) {
    if (asked === undefined) return null
    const topic = await store.topic(topicId, block)
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
  why: async ({ grant, at: block }: RecordNode, _: unknown, { store }: GatewayContext) =>
    grant === 0n ? null : at(await store.grant(grant, block), block),
  proof: (record: RecordNode) => record,
  evidence: () => WITHHELD,
}

export const Proof = {
  recorder: (record: RecordNode, _: unknown, { store }: GatewayContext) => store.recorder(record.recorder, record.at),
  batch: (record: RecordNode, _: unknown, context: GatewayContext) => batchOf(record, context),
  head: async (record: RecordNode, _: unknown, context: GatewayContext): Promise<Bytes32 | undefined> =>
    (await batchOf(record, context))?.head,
}

/** The contract checks no byte of a record: a broken recorder's number must not spoil the answer it stands in. */
const known = (name: string): string => (name.startsWith('UNKNOWN') ? 'UNKNOWN' : name)

async function batchOf(record: RecordNode, { store }: GatewayContext): Promise<AuditBatch | undefined> {
  const batches = await store.batches(record.transaction, record.recorder)
  const holds = ({ firstSequence, count }: AuditBatch): boolean =>
    firstSequence <= record.sequence && record.sequence < firstSequence + BigInt(count)
  return batches.find(holds)
}
