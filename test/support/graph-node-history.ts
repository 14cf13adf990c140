/** @module A Graph Node with a PostgreSQL of its own that keeps a test chain's history up to its head. */
import type { TestChain } from './chain.ts'
import { findGraphNode, startGraphNode } from './graph-node.ts'
import { findPostgres, startPostgres } from './postgres.ts'

export interface GraphNodeHistory {
  url: string
  stop(): Promise<void>
}

interface Meta {
  _meta: { block: { number: number } }
}

/** Throws where npm has brought neither. */
export async function startGraphNodeHistory(it: TestChain): Promise<GraphNodeHistory> {
  const [binary, native] = [findGraphNode(), findPostgres()]
  if (binary === undefined || native === undefined) throw new Error('Graph Node or PostgreSQL is missing: run npm ci')
  const postgres = await startPostgres(native)
  const { address: contract, deployBlock: startBlock } = it.contract
  const place = { rpcUrl: it.chain.url, contract, startBlock }
  const graphNode = await startGraphNode({ binary, postgresUrl: postgres.url, ...place }).catch(
    async (error: unknown) => {
      await postgres.stop()
      throw error
    },
  )
  const head = Number(await it.chain.rpc.request<string>('eth_blockNumber'))
  const indexed = async (): Promise<number> =>
    (await graphNode.ask<Meta>('{ _meta { block { number } } }'))._meta.block.number
  while ((await indexed()) < head) await new Promise((done) => setTimeout(done, 50))
  return {
    url: graphNode.url,
    async stop() {
      await graphNode.stop()
      await postgres.stop()
    },
  }
}
