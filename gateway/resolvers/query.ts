/** @module The questions: each finds the block that it is as of, and asks the store. */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { RecordFilter } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { all, at, wallet } from './as-of.ts'
import { connection, type PageRequest, pageOf } from './connection.ts'
import { type AsOf, blockOf, type GatewayContext, momentOf } from './context.ts'
import { given } from './given.ts'
import { accessRights, type RightsQuestion } from './rights.ts'
import { askedTopic, topicScope } from './topic-scope.ts'

interface AsOfArgs {
  asOf?: AsOf | null
}
interface RecordsArgs extends PageRequest {
  where?: (Omit<RecordFilter, 'scope'> & { topic?: string }) | null
}
interface TopicsArgs extends PageRequest {
  where?: { owner?: Address } | null
}

export const Query = {
  async accessRecords(_: unknown, args: RecordsArgs, context: GatewayContext) {
    const { topic, ...filter } = given(args.where)
    assertPeriod(filter)
    const page = await pageOf(context, args)
    const { store } = context
    const scope = topic === undefined ? undefined : await topicScope(store, topic, page.block.number)
    const asked = topic === undefined ? {} : { asked: askedTopic(topic) }
    return connection(
      page,
      (bounds) => store.records(scope === undefined ? filter : { ...filter, scope }, bounds),
      (row) => ({ ...row, ...asked, at: page.block.number, anchor: page.block }),
    )
  },
  async accessRights(_: unknown, args: RightsQuestion & AsOfArgs, context: GatewayContext) {
    const block = await blockOf(context, args.asOf)
    const moment = await momentOf(context, args.asOf, block)
    return accessRights(context.store, given<RightsQuestion>(args), block.number, moment)
  },
  async topic(_: unknown, args: { filter?: string; id?: Bytes32 } & AsOfArgs, context: GatewayContext) {
    const { filter, id = filter === undefined ? undefined : topicIdOf(filter) } = given(args)
    if (id === undefined) refuse('BAD_TOPIC', 'Give the topic’s `filter` or its `id`.')
    const { number } = await blockOf(context, args.asOf)
    const found = await context.store.topic(id, number)
    return filter === undefined || found?.filter === filter ? at(found, number) : null
  },
  async topics(_: unknown, args: TopicsArgs, context: GatewayContext) {
    const page = await pageOf(context, args)
    const { number } = page.block
    return connection(
      page,
      (bounds) => context.store.topics(given(args.where), bounds),
      (row) => ({ ...row, at: number }),
    )
  },
  async wallet(_: unknown, { address, asOf }: { address: Address } & AsOfArgs, context: GatewayContext) {
    return wallet(address, (await blockOf(context, asOf)).number)
  },
  async grant(_: unknown, { id, asOf }: { id: bigint } & AsOfArgs, context: GatewayContext) {
    const { number } = await blockOf(context, asOf)
    return at(await context.store.grant(id, number), number)
  },
  async recorders(_: unknown, { asOf }: AsOfArgs, context: GatewayContext) {
    const { number } = await blockOf(context, asOf)
    return all(await context.store.recorders(number), number)
  },
  status: () => ({}),
}

function assertPeriod({ from, to }: { from?: number; to?: number }): void {
  if (from !== undefined && to !== undefined && from > to) refuse('BAD_PERIOD', '`from` is after `to`.')
}
