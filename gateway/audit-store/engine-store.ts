/** @module The audit store over our own engine: rows to the port's words. */
import { type Address, type Bytes32, fromHex, type Hex, toHex, uint } from '../../domain/bytes.ts'
import type { Condition, Engine, EntityQuery, EntityRow, EntityValue } from '../../subgraph/engine/port.ts'
import type {
  AuditBatch,
  AuditBlock,
  AuditGrant,
  AuditRecord,
  AuditRecorder,
  AuditStore,
  AuditTopic,
  Page,
  RecordFilter,
} from './port.ts'

const ALL = 1_000

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
    records: async (filter, at) => engine.query('AccessRecord', page(at, recordConditions(filter))).map(toRecord),
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
    async batchOf({ transaction, recorder, sequence }) {
      const where = equals({ transaction: bytes(transaction), recorder: uint(recorder, 4) })
      const rows = engine.query('Batch', { where, orderBy: 'cursor', direction: 'asc', first: ALL })
      return rows.map(toBatch).find((b) => b.firstSequence <= sequence && sequence < b.firstSequence + BigInt(b.count))
    },
    async blockAtOrBefore(time) {
      const block = engine.blockAtOrBefore(time)
      return block && toBlock(block)
    },
    blockHash: async (number) => engine.blockHash(number),
  }
}

function recordConditions({ topicIds, from, to, ...filter }: RecordFilter): Condition[] {
  const { account, action, outcome, denialReason, recorder } = filter
  const exact = equals({ account: bytes(account), action, outcome, denialReason, recorderNumber: recorder })
  return [
    ...exact,
    ...(topicIds === undefined ? [] : [{ field: 'topicId', is: 'in', value: topicIds.map(fromHex) } as const]),
    ...(from === undefined ? [] : [{ field: 'lastAt', is: 'gte', value: BigInt(from) } as const]),
    ...(to === undefined ? [] : [{ field: 'firstAt', is: 'lte', value: BigInt(to) } as const]),
  ]
}

const equals = (fields: Record<string, EntityValue | undefined>): Condition[] =>
  Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [{ field, is: 'eq', value } as const]))

const bytes = (hex: Hex | undefined): Uint8Array | undefined => (hex === undefined ? undefined : fromHex(hex))
const hex = (value: EntityValue | undefined): Hex => toHex(value as Uint8Array)
const number = (value: EntityValue | undefined): number => Number(value)
const big = (value: EntityValue | undefined): bigint => value as bigint

const toBlock = (block: { number: number; hash: Hex; timestamp: number }): AuditBlock => ({
  number: block.number,
  hash: block.hash,
  time: block.timestamp,
})

const toTopic = (row: EntityRow): AuditTopic => ({
  id: hex(row.id),
  filter: row.filter as string,
  ...(row.owner === undefined ? {} : { owner: hex(row.owner) as Address }),
  registeredAt: number(row.registeredAt),
  registeredBy: hex(row.registeredBy),
  cursor: big(row.cursor),
})

const toGrant = (row: EntityRow): AuditGrant => ({
  number: big(row.number),
  right: row.right as AuditGrant['right'],
  topicId: hex(row.topic),
  grantee: hex(row.grantee),
  grantor: hex(row.grantor),
  lawfulBasis: row.lawfulBasis as string,
  purpose: hex(row.purpose),
  since: number(row.since),
  until: number(row.until),
  ...(row.endedAt === undefined ? {} : { endedAt: number(row.endedAt) }),
  ...(row.endedBy === undefined ? {} : { endedBy: hex(row.endedBy) }),
})

const toRecord = (row: EntityRow): AuditRecord => ({
  id: hex(row.id),
  cursor: big(row.cursor),
  recorder: big(row.recorderNumber),
  sequence: big(row.sequence),
  action: row.action as string,
  outcome: row.outcome as string,
  denialReason: row.denialReason as string,
  sealed: row.sealed as boolean,
  account: hex(row.account),
  topicId: hex(row.topicId) as Bytes32,
  grant: big(row.grantNumber),
  firstAt: number(row.firstAt),
  lastAt: number(row.lastAt),
  count: number(row.count),
  countIsLowerBound: row.countIsLowerBound as boolean,
  transaction: hex(row.transaction),
  block: { number: number(row.block), hash: hex(row.blockHash), time: number(row.blockTime) },
})

const toBatch = (row: EntityRow): AuditBatch => ({
  firstSequence: big(row.firstSequence),
  count: number(row.count),
  recordsHash: hex(row.recordsHash),
  evidenceRoot: hex(row.evidenceRoot),
  through: number(row.through),
  builtAt: number(row.builtAt),
  head: hex(row.head),
  transaction: hex(row.transaction),
})

const toRecorder = (row: EntityRow): AuditRecorder => ({
  number: big(row.number),
  address: hex(row.address),
  state: row.state as string,
  addedAt: number(row.addedAt),
  ...(row.endedAt === undefined ? {} : { endedAt: number(row.endedAt) }),
  nextSequence: big(row.nextSequence),
  through: number(row.through),
  head: hex(row.head),
})
