/** @module Graph Node as the source of entities, over its GraphQL; blocks it was not asked to keep are the chain's to tell. */
import type { Logger } from 'pino'
import { getBlock } from '../../../contracts/rpc/blocks.ts'
import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import type { EntityQuery, EntityRow } from '../../../subgraph/engine/port.ts'
import type { EntitySchema, EntityType } from '../../../subgraph/engine/schema.ts'
import type { EntitySource } from '../entity-source.ts'
import type { AuditBlock } from '../port.ts'
import { chainBlocks } from './chain-blocks.ts'
import { type GraphNodeClient, graphNodeClient } from './client.ts'
import { type GraphNodeRow, listQuestion, oneQuestion, toRow } from './questions.ts'

export interface GraphNodeOptions {
  /** The subgraph's query endpoint. */
  url: string
  schema: EntitySchema
  rpc: Rpc
  deployBlock: number
  log: Logger
}

/** It answers no more at once. */
const MAX_FIRST = 1_000

interface Meta {
  _meta: {
    block: { number: number; hash: `0x${string}` | null; timestamp: number | null }
    hasIndexingErrors: boolean
  } | null
}

export function graphNodeSource({ url, schema, rpc, deployBlock, log }: GraphNodeOptions): EntitySource {
  const client = graphNodeClient(url, log)
  const blocks = chainBlocks(rpc, deployBlock)
  const typeOf = (entity: string): EntityType => schema.get(entity) ?? unknown(entity)
  const head = async (): Promise<{ block: AuditBlock | undefined; hasFailed: boolean }> => {
    const document = '{ _meta { block { number hash timestamp } hasIndexingErrors } }'
    const { _meta } = await client.ask<Meta>(document, {})
    const { number, hash, timestamp } = _meta?.block ?? { number: -1, hash: null, timestamp: null }
    const hasFailed = _meta?.hasIndexingErrors === true
    if (number < deployBlock || hash === null) return { block: undefined, hasFailed }
    const time = timestamp ?? (await getBlock(rpc, hash))?.timestamp
    return { block: time === undefined ? undefined : { number, hash, time }, hasFailed }
  }
  return {
    async get(entity, id, block) {
      const { document, variables } = oneQuestion(typeOf(entity), id, block)
      const { row } = await client.ask<{ row: GraphNodeRow | null }>(document, variables)
      return row === null ? undefined : toRow(typeOf(entity), row)
    },
    query: (entity, query) => everyRow(client, typeOf(entity), query),
    async status() {
      const [{ block, hasFailed }, chain] = await Promise.all([head(), heightOf(rpc)])
      const failed = hasFailed ? 'Graph Node stopped at an event that it cannot index' : undefined
      return { head: block, chainHeight: chain.height, trouble: failed ?? chain.trouble }
    },
    blockAtOrBefore: async (time) => blocks.atOrBefore(time, (await head()).block),
    blockUpTo: async (number) => blocks.upTo(number, (await head()).block),
    blockTime: async (number) => (await getBlock(rpc, number))?.timestamp,
  }
}

/** Goes on where a page ended: what is ordered by is unique, as cursors, ids and numbers are. */
async function everyRow(client: GraphNodeClient, type: EntityType, query: EntityQuery): Promise<EntityRow[]> {
  const found: EntityRow[] = []
  for (let where = query.where ?? []; ; ) {
    const first = Math.min(MAX_FIRST, query.first - found.length)
    if (first <= 0) return found
    const { document, variables } = listQuestion(type, { ...query, where, first })
    const { rows } = await client.ask<{ rows: GraphNodeRow[] }>(document, variables)
    found.push(...rows.map((row) => toRow(type, row)))
    const last = found.at(-1)?.[query.orderBy]
    if (rows.length < first || last === undefined) return found
    const is = query.direction === 'asc' ? 'gt' : 'lt'
    where = [...(query.where ?? []), { field: query.orderBy, is, value: last }]
  }
}

async function heightOf(rpc: Rpc): Promise<{ height: number | undefined; trouble: string | undefined }> {
  try {
    return { height: (await getBlock(rpc, 'latest'))?.number, trouble: undefined }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return { height: undefined, trouble: error.message }
  }
}

function unknown(entity: string): never {
  throw new RangeError(`the schema has no entity ${entity}`)
}
