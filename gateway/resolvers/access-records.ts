/** @module The question about accesses: its filters become the store's, and its answer knows the topic that was asked for. */
import type { RecordFilter, RecordScope } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { connection, type PageRequest, pageOf } from './connection.ts'
import type { GatewayContext } from './context.ts'
import { given } from './given.ts'
import { grantsOfBasis } from './grants-of-basis.ts'
import { askedTopic, topicScope } from './topic-scope.ts'

export interface RecordsArgs extends PageRequest {
  where?: RecordsQuestion | null
}

/** The conditions as they are asked: all of them together. */
export type RecordsQuestion = Omit<RecordFilter, 'scope' | 'grants'> & { topic?: string; lawfulBasis?: string }

export async function accessRecords(_: unknown, args: RecordsArgs, context: GatewayContext) {
  const { topic, lawfulBasis, ...filter } = given(args.where)
  assertPeriod(filter)
  const page = await pageOf(context, args)
  const { store } = context
  const block = page.block.number
  // On chain a sealed record could be about any topic.
  const isScoped = topic !== undefined && filter.sealed !== true
  const scope: RecordScope | undefined = isScoped ? await topicScope(store, topic, block) : undefined
  const grants =
    lawfulBasis === undefined ? undefined : await grantsOfBasis(store, { ...filter, scope, lawfulBasis }, block)
  const where = { ...filter, ...(scope && { scope }), ...(grants && { grants }) }
  if (topic === undefined) return connection(page, (bounds) => store.records(where, bounds))
  const asked = askedTopic(topic)
  return connection(page, async (bounds) => (await store.records(where, bounds)).map((row) => ({ ...row, asked })))
}

export function assertPeriod({ from, to }: { from?: number; to?: number }): void {
  if (from !== undefined && to !== undefined && from > to) refuse('BAD_PERIOD', '`from` is after `to`.')
}
