/** @module The resolvers: each asks the store for what its parent names, as of the block that the parent was. */
import { type Address, type Bytes32, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type {
  AuditBatch,
  AuditGrant,
  AuditRecord,
  AuditRecorder,
  AuditTopic,
  RecordFilter,
} from '../audit-store/port.ts'
import { FOREVER, scalars } from '../schema/scalars.ts'
import { type AsOf, blockOf, type GatewayContext, type PageRequest, pageOf } from './context.ts'
import { encodeCursor } from './cursor.ts'
import { accessRights } from './rights.ts'
import { topicScope } from './topic-scope.ts'

/** A value with the block that it is as of: what hangs below it is answered as of the same. */
type At<T> = T & { at: number }
type WalletRef = At<{ address: Address }>
type RecordNode = At<AuditRecord & { askedTopic?: string; anchor: { block: number; hash: string } }>

const MAX_NESTED = 100

interface RecordsArgs extends PageRequest {
  where?: (Omit<RecordFilter, 'topicIds'> & { topic?: string; topicId?: Bytes32 }) | null
}

export const resolvers = {
  ...scalars,
  Query: {
    async accessRecords(_: unknown, args: RecordsArgs, context: GatewayContext) {
      const page = await pageOf(context, args)
      const { topic, topicId, ...filter } = args.where ?? {}
      const scope = topic === undefined ? undefined : await topicScope(context.store, topic, page.block.number)
      const topicIds = topicId === undefined ? scope : [topicId].filter((id) => scope?.includes(id) ?? true)
      const asked = topicIds === undefined ? filter : { ...filter, topicIds }
      const anchor = { block: page.block.number, hash: page.block.hash }
      const rows = await context.store.records(asked, { ...page, first: page.first + 1, block: anchor.block })
      const nodes = rows.map((row) => ({
        ...row,
        at: anchor.block,
        anchor,
        ...(topic === undefined ? {} : { askedTopic: topic }),
      }))
      return connection(nodes, page.first, anchor)
    },
    accessRights: async (
      _: unknown,
      args: { topic?: string; account?: Address; asOf?: AsOf },
      context: GatewayContext,
    ) => {
      const block = await blockOf(context, args.asOf)
      return accessRights(context.store, args, block)
    },
    async topic(_: unknown, args: { filter?: string; id?: Bytes32; asOf?: AsOf }, context: GatewayContext) {
      const { number } = await blockOf(context, args.asOf)
      const id = args.id ?? topicIdOf(args.filter ?? '')
      return at(await context.store.topic(id, number), number)
    },
    async topics(_: unknown, args: PageRequest & { where?: { owner?: Address } | null }, context: GatewayContext) {
      const page = await pageOf(context, args)
      const anchor = { block: page.block.number, hash: page.block.hash }
      const rows = await context.store.topics(args.where ?? {}, { ...page, first: page.first + 1, block: anchor.block })
      return connection(
        rows.map((row) => ({ ...row, at: anchor.block })),
        page.first,
        anchor,
      )
    },
    async wallet(_: unknown, args: { address: Address; asOf?: AsOf }, context: GatewayContext) {
      return wallet(args.address, (await blockOf(context, args.asOf)).number)
    },
    async grant(_: unknown, args: { id: bigint; asOf?: AsOf }, context: GatewayContext) {
      const { number } = await blockOf(context, args.asOf)
      return at(await context.store.grant(args.id, number), number)
    },
    async recorders(_: unknown, args: { asOf?: AsOf }, context: GatewayContext) {
      return context.store.recorders((await blockOf(context, args.asOf)).number)
    },
    status: (_: unknown, _args: unknown, context: GatewayContext) => context,
  },

  AccessRecord: {
    cursor: ({ cursor, anchor }: RecordNode) => encodeCursor({ position: cursor, ...anchor }),
    who: ({ account, at: number }: RecordNode) => (account === ZERO_ADDRESS ? null : wallet(account, number)),
    what: async ({ topicId, at: number }: RecordNode, _: unknown, { store }: GatewayContext) =>
      topicId === ZERO_BYTES32 ? null : at(await store.topic(topicId, number), number),
    match: ({ askedTopic, topicId }: RecordNode) => {
      if (askedTopic === undefined) return null
      return topicId === topicIdOf(askedTopic) ? 'EXACT' : 'WIDER'
    },
    action: ({ action }: RecordNode) => (action.startsWith('UNKNOWN') ? 'UNKNOWN' : action),
    denialReason: ({ denialReason }: RecordNode) => {
      if (denialReason === 'NONE') return null
      return Object.hasOwn(DenialReason, denialReason) ? denialReason : 'UNKNOWN'
    },
    when: ({ firstAt, lastAt, count, countIsLowerBound }: RecordNode) => ({
      first: firstAt,
      last: lastAt,
      count,
      countIsLowerBound,
    }),
    why: async ({ grant, at: number }: RecordNode, _: unknown, { store }: GatewayContext) =>
      grant === 0n ? null : at(await store.grant(grant, number), number),
    proof: (record: RecordNode) => record,
    evidence: () => ({
      status: 'WITHHELD',
      reason:
        'Evidence is shown to auditors, topic owners and subjects after sign-in, which this version does not offer yet. Its operator’s reports carry it.',
    }),
  },
  Proof: {
    recorder: (record: RecordNode, _: unknown, { store }: GatewayContext) => store.recorder(record.recorder, record.at),
    batch: (record: RecordNode, _: unknown, { store }: GatewayContext) => store.batchOf(record),
    head: async (record: RecordNode, _: unknown, { store }: GatewayContext): Promise<Bytes32 | undefined> => {
      const batch: AuditBatch | undefined = await store.batchOf(record)
      return batch?.head
    },
  },
  Recorder: { id: ({ number }: AuditRecorder) => number },

  Topic: {
    owner: ({ owner, at: number }: At<AuditTopic>) => (owner === undefined ? null : wallet(owner, number)),
    registeredBy: ({ registeredBy, at: number }: At<AuditTopic>) => wallet(registeredBy, number),
    grants: async ({ id, at: number }: At<AuditTopic>, _: unknown, { store }: GatewayContext) =>
      all(await store.grants({ topicId: id }, { first: MAX_NESTED, block: number }), number),
  },
  Wallet: {
    topics: async ({ address, at: number }: WalletRef, _: unknown, { store }: GatewayContext) =>
      all(await store.topics({ owner: address }, { first: MAX_NESTED, block: number }), number),
    grants: async ({ address, at: number }: WalletRef, _: unknown, { store }: GatewayContext) =>
      all(await store.grants({ grantee: address }, { first: MAX_NESTED, block: number }), number),
  },
  Grant: {
    id: ({ number }: AuditGrant) => number,
    purpose: ({ purpose }: AuditGrant) => (purpose === ZERO_BYTES32 ? null : { commitment: purpose, text: null }),
    topic: async ({ topicId, at: number }: At<AuditGrant>, _: unknown, { store }: GatewayContext) =>
      at(await store.topic(topicId, number), number),
    grantee: ({ grantee, at: number }: At<AuditGrant>) => wallet(grantee, number),
    grantor: ({ grantor, at: number }: At<AuditGrant>) => wallet(grantor, number),
    until: ({ until }: AuditGrant) => (until === FOREVER ? null : until),
    endedBy: ({ endedBy, at: number }: At<AuditGrant>) => (endedBy === undefined ? null : wallet(endedBy, number)),
  },

  Status: {
    indexed: async ({ store }: GatewayContext) => (await store.status()).head ?? null,
    chainHeight: async ({ store }: GatewayContext) => (await store.status()).chainHeight ?? null,
    lag: async ({ store }: GatewayContext) => {
      const { head, chainHeight } = await store.status()
      return head === undefined || chainHeight === undefined ? null : Math.max(0, chainHeight - head.number)
    },
    trouble: async ({ store }: GatewayContext) => (await store.status()).trouble ?? null,
    totals: async ({ store }: GatewayContext) => {
      const { head } = await store.status()
      const recorders = head === undefined ? [] : await store.recorders(head.number)
      // Sequences have no gaps: their ends count the records.
      const accessRecords = recorders.reduce((sum, { nextSequence }) => sum + nextSequence - 1n, 0n)
      return { accessRecords, recorders: recorders.length }
    },
  },
}

const wallet = (address: Address, number: number): WalletRef => ({ address, at: number })
const at = <T>(value: T | undefined, number: number): At<T> | null =>
  value === undefined ? null : { ...value, at: number }
const all = <T>(values: T[], number: number): At<T>[] => values.map((value) => ({ ...value, at: number }))

/** One more was asked for than is shown: it tells whether there is a next page. */
function connection<T extends { cursor: bigint }>(rows: T[], first: number, anchor: { block: number; hash: string }) {
  const nodes = rows.slice(0, first)
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor({ position: node.cursor, ...anchor }) }))
  return { edges, nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}
