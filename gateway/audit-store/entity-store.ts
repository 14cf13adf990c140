/** @module The audit store over entities, wherever they are kept: the port's questions as conditions. */
import { type Bytes32, concat, fromHex, type Hex, uint, ZERO_BYTES32 } from '../../domain/bytes.ts'
import type { Condition, EntityQuery, EntityRow, EntityValue, FieldCondition } from '../../subgraph/engine/port.ts'
import { andThen } from './and-then.ts'
import {
  toAuditor,
  toBatch,
  toDeviceKey,
  toGrant,
  toPayment,
  toRecord,
  toRecorder,
  toReport,
  toTopic,
  toWallet,
} from './entity-rows.ts'
import type { EntitySource } from './entity-source.ts'
import type { AuditStore, Page, RecordFilter } from './port.ts'

const ALL = 1_000
const MAX_SINGLE_TOPICS = 20
const TOPIC_ACTIONS = ['SUBSCRIBE', 'PUBLISH', 'DELIVER', 'WILL']

export function entityStore(source: EntitySource): AuditStore {
  const one = <T>(entity: string, id: Hex, block: number, to: (row: EntityRow) => T) =>
    andThen(source.get(entity, id, block), (row) => row && to(row))
  return {
    status: () => source.status(),
    async records(filter, at) {
      const asked = alternatives(filter).map((where) => source.query('AccessRecord', page(at, where)))
      const rows = (await Promise.all(asked)).flat().map(toRecord)
      return rows.sort((a, b) => (a.cursor < b.cursor ? 1 : -1)).slice(0, at.first)
    },
    topics: async ({ owner, isSealed }, at) =>
      (await source.query('Topic', page(at, equals({ owner: bytes(owner), sealed: isSealed })))).map(toTopic),
    topic: (id, block) => one('Topic', id, block, toTopic),
    wallet: (address, block) => one('Wallet', address, block, toWallet),
    async payments({ account, topicId, income, from, to }, at) {
      const where: Condition[] = [
        ...equals({ account: bytes(account), topic: bytes(topicId) }),
        ...named('income', income),
        ...(from === undefined ? [] : [{ field: 'at', is: 'gte', value: BigInt(from) } as const]),
        ...(to === undefined ? [] : [{ field: 'at', is: 'lte', value: BigInt(to) } as const]),
      ]
      return (await source.query('Payment', page(at, where))).map(toPayment)
    },
    grant: (number, block) => (number >> 40n === 0n ? one('Grant', idOf(number, 5), block, toGrant) : undefined),
    grants: async ({ topicId, grantee }, at) =>
      (await source.query('Grant', page(at, equals({ topic: bytes(topicId), grantee: bytes(grantee) })))).map(toGrant),
    deviceKeys: async (owner, at) =>
      (await source.query('DeviceKey', page(at, equals({ owner: bytes(owner) })))).map(toDeviceKey),
    auditors: async ({ topicId }, at) =>
      (await source.query('Auditor', page(at, equals({ topicId: bytes(topicId) })))).map(toAuditor),
    async recorders(block) {
      return (await source.query('Recorder', { orderBy: 'number', direction: 'asc', first: ALL, block })).map(
        toRecorder,
      )
    },
    recorder: (number, block) =>
      number >> 32n === 0n ? one('Recorder', idOf(number, 4), block, toRecorder) : undefined,
    async batches(transaction, recorder) {
      // By the transaction alone: beside it SQLite would take the recorder's index, and read all its batches.
      const where = equals({ transaction: bytes(transaction) })
      const all = await source.query('Batch', { where, orderBy: 'cursor', direction: 'asc', first: ALL })
      return all.map(toBatch).filter((batch) => batch.recorder === recorder)
    },
    batchesOf: async (recorder, at) =>
      recorder >> 32n === 0n
        ? (await source.query('Batch', page(at, equals({ recorder: uint(recorder, 4) })))).map(toBatch)
        : [],
    async recordsOf({ recorder, firstSequence, count }) {
      const idOf = (sequence: bigint): Uint8Array => concat(uint(recorder, 4), uint(sequence, 8))
      const where: Condition[] = [
        { field: 'id', is: 'gte', value: idOf(firstSequence) },
        { field: 'id', is: 'lt', value: idOf(firstSequence + BigInt(count)) },
      ]
      return (await source.query('AccessRecord', { where, orderBy: 'id', direction: 'asc', first: count })).map(
        toRecord,
      )
    },
    async report(hash, block) {
      const where = equals({ reportHash: fromHex(hash) })
      const [row] = await source.query('ReportIssue', { where, orderBy: 'cursor', direction: 'asc', first: 1, block })
      return row && toReport(row)
    },
    reports: async (at) => (await source.query('ReportIssue', page(at, []))).map(toReport),
    blockAtOrBefore: (time) => source.blockAtOrBefore(time),
    blockUpTo: (number) => source.blockUpTo(number),
    blockTime: (number) => source.blockTime(number),
  }
}

/** Numbers are ids as so many bytes, big-endian. */
const idOf = (number: bigint, bytes: number): Hex => `0x${number.toString(16).padStart(2 * bytes, '0')}`

/** Begins at the block's own end: the index would else be read from the newest down to it. */
function page({ first, before, block }: Page, where: readonly Condition[]): EntityQuery {
  const end = cursorAfter(block)
  const bound: Condition = { field: 'cursor', is: 'lt', value: before === undefined || before > end ? end : before }
  return { where: [...where, bound], orderBy: 'cursor', direction: 'desc', first, block }
}

/** Above every cursor of the block (subgraph/mappings/ids.ts). */
const cursorAfter = (block: number): bigint => BigInt(block + 1) << 32n

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

function recordConditions({
  from,
  to,
  action,
  denialReason,
  grants,
  ...filter
}: Omit<RecordFilter, 'scope'>): Condition[] {
  const { account, topicId, outcome, recorder, sealed } = filter
  const exact = equals({ account: bytes(account), topicId: bytes(topicId), recorderNumber: recorder, sealed })
  return [
    ...exact,
    ...named('action', action),
    ...named('outcome', outcome),
    ...named('denialReason', denialReason),
    ...(grants === undefined ? [] : [{ field: 'grantNumber', is: 'in', value: grants } as const]),
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
