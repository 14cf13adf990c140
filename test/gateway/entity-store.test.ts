import { expect, it } from 'vitest'
import type { EntitySource } from '../../gateway/audit-store/entity-source.ts'
import { entityStore } from '../../gateway/audit-store/entity-store.ts'
import type { EntityQuery } from '../../subgraph/engine/port.ts'

const TRANSACTION = `0x${'ab'.repeat(32)}` as const
const batch = (recorder: number) => ({
  recorder: `0x0000000${recorder}`,
  firstSequence: 1n,
  transaction: TRANSACTION,
  ...{ count: 1n, through: 1n, builtAt: 1n, block: 1n, blockTime: 1n },
})

it('asks for a recorder’s batches in a transaction by the transaction alone: the recorder may have millions', async () => {
  const asked: EntityQuery[] = []
  const query = async (_entity: string, one: EntityQuery) => {
    asked.push(one)
    return [batch(1), batch(2)]
  }
  const found = await entityStore({ query } as unknown as EntitySource).batches(TRANSACTION, 2n)
  expect(asked.map(({ where }) => where?.map((one) => 'field' in one && one.field))).toEqual([['transaction']])
  expect(found).toMatchObject([{ recorder: 2n }])
})
