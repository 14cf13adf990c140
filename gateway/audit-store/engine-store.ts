/** @module The audit store over our own engine: the port's questions as conditions. */
import { type Bytes32, fromHex, type Hex, uint, ZERO_BYTES32 } from '../../domain/bytes.ts'
import type { Condition, Engine, EntityQuery, EntityValue } from '../../subgraph/engine/port.ts'
import { toBatch, toBlock, toGrant, toRecord, toRecorder, toTopic } from './engine-rows.ts'
import type { AuditStore, Page, RecordFilter } from './port.ts'

const ALL = 1_000
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

/** A scope is several disjoint questions: `or` beside other conditions is what Graph Node refuses as well. */
function alternatives({ scope, ...filter }: RecordFilter): Condition[][] {
  const common = recordConditions(filter)
  if (scope === undefined) return [common]
  const topics = (ids: readonly Bytes32[]): Condition => ({ field: 'topicId', is: 'in', value: ids.map(fromHex) })
  const found: Condition[][] = []
  if (scope.topicIds.length > 0) found.push([topics(scope.topicIds)])
  if (scope.withoutGrant.length > 0) {
    found.push([topics(scope.withoutGrant), ...equals({ grantNumber: 0n })])
    const grantNamed: Condition = { field: 'grantNumber', is: 'gt', value: 0n }
    const notAllowed: Condition = { field: 'outcome', is: 'gt', value: 'ALLOWED' } // DENIED, or a number from elsewhere
    found.push([topics(scope.withoutGrant), grantNamed, notAllowed])
  }
  if (scope.unnamed) {
    const isAccess: Condition = { field: 'action', is: 'in', value: TOPIC_ACTIONS }
    found.push([isAccess, ...equals({ topicId: fromHex(ZERO_BYTES32), sealed: false })])
  }
  return found.map((conditions) => [...common, ...conditions])
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

const equals = (fields: Record<string, EntityValue | undefined>): Condition[] =>
  Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [{ field, is: 'eq', value } as const]))

const bytes = (hex: Hex | undefined): Uint8Array | undefined => (hex === undefined ? undefined : fromHex(hex))
