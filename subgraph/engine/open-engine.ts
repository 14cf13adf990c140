/** @module Opens the engine over a subgraph build and a SQLite file, and keeps it following. */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import { Indexer } from './indexer.ts'
import { readBuild } from './manifest.ts'
import type { Engine } from './port.ts'
import { readSchema } from './schema.ts'
import { EntityStore } from './store/entity-store.ts'
import { loadMapping } from './wasm/mapping.ts'

export interface EngineOptions {
  /** Where graph-cli built the subgraph. */
  buildDir: string
  dbPath: string
  /** One endpoint, or several by preference, separated by commas. */
  rpcUrl: string
  chainId: bigint
  contract: `0x${string}`
  deployBlock: number
  pollMs?: number
  log: Logger
}

const POLL_MS = 500
const DEVELOPMENT_CHAIN = 31_337n

/** Throws when there is no build, or the mapping needs what the engine does not offer. */
export function openEngine(options: EngineOptions): Engine {
  const { chainId, contract, deployBlock, log } = options
  const build = readBuild(options.buildDir)
  const version = createHash('sha256').update(build.schema).update(build.wasm).digest('hex')
  // Another mapping makes another history: it is made anew.
  const identity = `${chainId}/${contract}/${deployBlock}/${version}`
  const store = new EntityStore(options.dbPath, readSchema(build.schema), identity)
  const mapping = loadMapping(build.wasm, store, log)
  const rpc = createFailoverRpc(options.rpcUrl, { deployment: { chainId, address: contract }, log })
  const mayLoseBlocks = chainId === DEVELOPMENT_CHAIN
  const indexer = new Indexer({ rpc, store, mapping, build, contract, deployBlock, mayLoseBlocks, log })
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  const round = async (): Promise<void> => {
    try {
      await indexer.advance()
      trouble = undefined
    } catch (error) {
      store.discard()
      trouble = error instanceof Error ? error.message : String(error)
      if (!stopped) log.warn({ err: error }, 'history does not follow the chain, trying again')
    }
    if (!stopped) {
      timer = setTimeout(() => {
        running = round()
      }, options.pollMs ?? POLL_MS)
    }
  }
  return {
    start() {
      running = round()
      return running
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      store.close()
    },
    status: () => ({ head: store.head(), chainHeight: indexer.chainHeight, failure: indexer.failure, trouble }),
    get: (entity, id, block) => store.at(entity, id, block),
    query: (entity, query) => store.query(entity, query),
    blockAtOrBefore: (time) => store.blockAtOrBefore(time),
    blockUpTo: (number) => store.blockBelow(number + 1),
    async blockTime(number) {
      return (store.blockAt(number) ?? (await getBlock(rpc, number)))?.timestamp
    },
    blockHash: (number) => store.blockAt(number)?.hash,
  }
}
