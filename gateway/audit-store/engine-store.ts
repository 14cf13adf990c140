/** @module The audit store over our own engine: the port's questions as conditions. */
import { type Bytes32, fromHex, type Hex, uint, ZERO_BYTES32 } from '../../domain/bytes.ts'
import type { Condition, Engine, EntityQuery, EntityValue, FieldCondition } from '../../subgraph/engine/port.ts'
import { toBatch, toBlock, toGrant, toRecord, toRecorder, toTopic } from './engine-rows.ts'
import type { AuditStore, Page, RecordFilter } from './port.ts'

const ALL = 1_000
const MAX_SINGLE_TOPICS = 20
const TOPIC_ACTIONS = ['SUBSCRIBE', 'PUBLISH', 'DELIVER', 'WILL']

export function engineStore(engine: Engine): AuditStore {
  const page = ({ first, before, block }: Page, where: Condition[]): EntityQuery => ({
    where: before === undefined ? where : [...where, { field: 'cursor', is: 'lt', value: before }],
    orderBy: 'cursor',
    direction: 'desc',
    first,
    block,
  })
  return {
    async status() {
      const { head, chainHeight, failure, trouble } = engine.status()
      return { head: head && toBlock(head), chainHeight, trouble: failure ?? trouble }
    },
    async records(filter, at) {
      const rows = alternatives(filter).flatMap((where) => engine.query('AccessRecord', page(at, where)).map(toRecord))
      return rows.sort((a, b) => (a.cursor < b.cursor ? 1 : -1)).slice(0, at.first)
    },
    topics: async ({ owner }, at) => engine.query('Topic', page(at, equals({ owner: bytes(owner) }))).map(toTopic),
    async topic(id, block) {
      const row = engine.get('Topic', fromHex(id), block)
      return row && toTopic(row)
    },
    async grant(number, block) {
      const row = number >> 40n === 0n ? engine.get('Grant', uint(number, 5), block) : undefined
      return row && toGrant(row)
    },
    grants: async ({ topicId, grantee }, at) =>
      engine.query('Grant', page(at, equals({ topic: bytes(topicId), grantee: bytes(grantee) }))).map(toGrant),
    async recorders(block) {
      return engine.query('Recorder', { orderBy: 'number', direction: 'asc', first: ALL, block }).map(toRecorder)
    },
    async recorder(number, block) {
      const row = number >> 32n === 0n ? engine.get('Recorder', uint(number, 4), block) : undefined
      return row && toRecorder(row)
    },
    async batches(transaction, recorder) {
      const where = equals({ transaction: bytes(transaction), recorder: uint(recorder, 4) })
      return engine.query('Batch', { where, orderBy: 'cursor', direction: 'asc', first: ALL }).map(toBatch)
    },
    async blockAtOrBefore(time) {
      const block = engine.blockAtOrBefore(time)
      return block && toBlock(block)
    },
    async blockUpTo(number) {
      const block = engine.blockUpTo(number)
      return block && toBlock(block)
    },
    blockTime: (number) => engine.blockTime(number),
  }
}

/**
 * A scope is several disjoint questions, each in the order of one index: asked as one, SQLite would sort all that matches
 * to find a page.
 */
function alternatives({ scope, ...filter }: RecordFilter): Condition[][] {
  const common = recordConditions(filter)
  if (scope === undefined) return [common]
  const { topicIds, withoutGrant, unnamed } = scope
  const isAccess = TOPIC_ACTIONS.map((action) => equals({ topicId: fromHex(ZERO_BYTES32), action, sealed: false }))
  return [
    ...topicConditions(topicIds).map((topics) => [topics]),
    ...topicConditions(withoutGrant).map((topics) => [topics, NOT_BY_GRANT]),
    ...(unnamed ? isAccess : []),
  ].map((conditions) => [...common, ...conditions])
}

/** Each topic alone, unless they are many. */
function topicConditions(ids: readonly Bytes32[]): FieldCondition[] {
  if (ids.length > MAX_SINGLE_TOPICS) return [{ field: 'topicId', is: 'in', value: ids.map(fromHex) }]
  return ids.map((id) => ({ field: 'topicId', is: 'eq', value: fromHex(id) }))
}

/** DENIED, and a number from elsewhere, stand behind ALLOWED. */
const NOT_BY_GRANT: Condition = {
  anyOf: [[{ field: 'grantNumber', is: 'eq', value: 0n }], [{ field: 'outcome', is: 'gt', value: 'ALLOWED' }]],
}

function recordConditions({ from, to, action, denialReason, ...filter }: Omit<RecordFilter, 'scope'>): Condition[] {
  const { account, topicId, outcome, recorder } = filter
  const exact = equals({ account: bytes(account), topicId: bytes(topicId), recorderNumber: recorder })
  return [
    ...exact,
    ...named('action', action),
    ...named('outcome', outcome),
    ...named('denialReason', denialReason),
    ...(from === undefined ? [] : [{ field: 'lastAt', is: 'gte', value: BigInt(from) } as const]),
    ...(to === undefined ? [] : [{ field: 'firstAt', is: 'lte', value: BigInt(to) } as const]),
  ]
}

/** A number from elsewhere is stored as UNKNOWN_n: asked for as UNKNOWN, whatever its n. */
function named(field: string, name: string | undefined): Condition[] {
  if (name !== 'UNKNOWN') return equals({ [field]: name })
  return [
    { field, is: 'gte', value: 'UNKNOWN_' },
    { field, is: 'lt', value: 'UNKNOWN`' },
  ]
}

const equals = (fields: Record<string, EntityValue | undefined>): FieldCondition[] =>
  Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [{ field, is: 'eq', value } as const]))

const bytes = (hex: Hex | undefined): Uint8Array | undefined => (hex === undefined ? undefined : fromHex(hex))
