/** @module Opens the history that the gateway answers from: our own engine, or a Graph Node where one is named. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import { type EngineOptions, openEngine } from '../../subgraph/engine/open-engine.ts'
import { readSchema } from '../../subgraph/engine/schema.ts'
import { engineSource } from './engine-source.ts'
import { entityStore } from './entity-store.ts'
import { graphNodeSource } from './graph-node/graph-node-source.ts'
import type { AuditStore } from './port.ts'

export interface HistoryOptions {
  /** Where contract, chain and build are; with a Graph Node nothing is indexed here. */
  engine: EngineOptions
  /** The query endpoint of the subgraph on a Graph Node. */
  graphUrl?: string | undefined
}

export interface History {
  store: AuditStore
  /** Resolves once the head of now is indexed, or following failed. A Graph Node follows by itself. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Throws when there is no subgraph build. */
export function openHistory({ engine: options, graphUrl }: HistoryOptions): History {
  if (graphUrl !== undefined) return graphNodeHistory(options, graphUrl)
  const engine = openEngine(options)
  const store = entityStore(engineSource(engine))
  return { store, start: () => engine.start(), stop: () => engine.stop() }
}

function graphNodeHistory(options: EngineOptions, url: string): History {
  const { buildDir, rpcUrl, chainId, contract, deployBlock, log } = options
  const schema = readSchema(readFileSync(join(buildDir, 'schema.graphql'), 'utf8'))
  const rpc = createFailoverRpc(rpcUrl, { deployment: { chainId, address: contract }, log })
  const store = entityStore(graphNodeSource({ url, schema, rpc, deployBlock, log }))
  return { store, start: async () => {}, stop: async () => {} }
}
