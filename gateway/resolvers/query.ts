/** @module The questions about the contract's state: each finds the block that it is as of, and asks the store. */
import { isLost } from '../../contracts/rpc/json-rpc.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { PaymentFilter } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { accessRecords, assertPeriod } from './access-records.ts'
import { all, at, wallet } from './as-of.ts'
import { completeness } from './completeness.ts'
import { assertStands, connection, type PageRequest, pageOf } from './connection.ts'
import { type AsOf, blockOf, type GatewayContext, momentOf } from './context.ts'
import { given } from './given.ts'
import { inclusion } from './inclusion.ts'
import { report, requestedReports } from './requested-reports.ts'
import { accessRights, type RightsQuestion } from './rights.ts'

interface AsOfArgs {
  asOf?: AsOf | null
}
interface TopicArgs extends AsOfArgs {
  filter?: string
  id?: Bytes32
}
interface TopicsArgs extends PageRequest {
  where?: { owner?: Address } | null
}
interface GrantsArgs extends PageRequest {
  where?: { topic?: string; topicId?: Bytes32; grantee?: Address } | null
}

interface PaymentsArgs extends PageRequest {
  where?: (PaymentFilter & { topic?: string }) | null
}

export const Query = {
  accessRecords,
  completeness,
  inclusion,
  report,
  requestedReports,
  async accessRecord(_: unknown, { id, asOf }: { id: string } & AsOfArgs, context: GatewayContext) {
    const [, recorder, sequence] = /^0x([0-9a-f]{8})([0-9a-f]{16})$/i.exec(id) ?? []
    if (sequence === undefined) refuse('BAD_BYTES', 'A record’s id is 0x and 24 hex digits: recorder and sequence.')
    const block = await blockOf(context, asOf)
    const place = { recorder: BigInt(`0x${recorder}`), firstSequence: BigInt(`0x${sequence}`), count: 1 }
    const [record] = await context.store.recordsOf(place)
    return record !== undefined && record.block.number <= block.number ? at(record, block) : null
  },
  async accessRights(_: unknown, args: RightsQuestion & AsOfArgs, context: GatewayContext) {
    const block = await blockOf(context, args.asOf)
    const moment = await momentOf(context, args.asOf, block)
    const rights = await accessRights(context.store, given<RightsQuestion>(args), block, moment)
    await assertStands(context, block)
    return rights
  },
  async topic(_: unknown, args: TopicArgs, context: GatewayContext) {
    const { filter, id = filter === undefined ? undefined : topicIdOf(filter) } = given(args)
    if (id === undefined) refuse('BAD_TOPIC', 'Give the topic’s `filter` or its `id`.')
    const block = await blockOf(context, args.asOf)
    const found = await context.store.topic(id, block.number)
    return filter === undefined || found?.filter === filter ? at(found, block) : null
  },
  async topics(_: unknown, args: TopicsArgs, context: GatewayContext) {
    return connection(await pageOf(context, args), (page) => context.store.topics(given(args.where), page))
  },
  async wallet(_: unknown, { address, asOf }: { address: Address } & AsOfArgs, context: GatewayContext) {
    return wallet(address, await blockOf(context, asOf))
  },
  async grant(_: unknown, { id, asOf }: { id: bigint } & AsOfArgs, context: GatewayContext) {
    const block = await blockOf(context, asOf)
    return at(await context.store.grant(id, block.number), block)
  },
  async grants(_: unknown, args: GrantsArgs, context: GatewayContext) {
    const { topic, topicId = topic === undefined ? undefined : topicIdOf(topic), ...filter } = given(args.where)
    const where = topicId === undefined ? filter : { ...filter, topicId }
    return connection(await pageOf(context, args), (page) => context.store.grants(where, page))
  },
  async recorders(_: unknown, { asOf }: AsOfArgs, context: GatewayContext) {
    const block = await blockOf(context, asOf)
    return all(await context.store.recorders(block.number), block)
  },
  async recorder(_: unknown, { id, asOf }: { id: bigint } & AsOfArgs, context: GatewayContext) {
    const block = await blockOf(context, asOf)
    return at(await context.store.recorder(id, block.number), block)
  },
  async payments(_: unknown, args: PaymentsArgs, context: GatewayContext) {
    const { topic, topicId = topic === undefined ? undefined : topicIdOf(topic), ...filter } = given(args.where)
    assertPeriod(filter)
    const where = topicId === undefined ? filter : { ...filter, topicId }
    return connection(await pageOf(context, args), (page) => context.store.payments(where, page))
  },
  async auditors(_: unknown, args: PageRequest & { topicId?: Bytes32 | null }, context: GatewayContext) {
    const { topicId } = given({ topicId: args.topicId })
    const where = topicId === undefined ? {} : { topicId }
    return connection(await pageOf(context, args), (page) => context.store.auditors(where, page))
  },
  async reports(_: unknown, args: PageRequest, context: GatewayContext) {
    return connection(await pageOf(context, args), (page) => context.store.reports(page))
  },
  async viewer(_: unknown, _args: unknown, { viewer, roles, ...context }: GatewayContext) {
    if (viewer === undefined) return null
    const isAuditorOfAll = await roles.isAuditorOfAll(viewer).catch((error: unknown) => {
      if (isLost(error)) refuse('CHAIN_UNREACHABLE', 'The chain cannot be asked what you may see. Ask again soon.')
      throw error
    })
    return { wallet: wallet(viewer, await blockOf(context)), isAuditorOfAll }
  },
  status: () => ({}),
}
