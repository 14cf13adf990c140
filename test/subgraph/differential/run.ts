/** @module Plays a history before the engine and the real Graph Node at once, and compares what they made of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { getBlock } from '../../../contracts/rpc/blocks.ts'
import { createRpc, type Rpc } from '../../../contracts/rpc/json-rpc.ts'
import { openEngine } from '../../../subgraph/engine/open-engine.ts'
import type { Engine } from '../../../subgraph/engine/port.ts'
import { readSchema } from '../../../subgraph/engine/schema.ts'
import { chanceOf } from '../../contracts/differential/random.ts'
import { startWorld, type World } from '../../contracts/differential/world.ts'
import { silent } from '../../support/chain.ts'
import { startGraphNode, type TestGraphNode } from '../../support/graph-node.ts'
import { startPostgres } from '../../support/postgres.ts'
import { compareAt } from './compare.ts'
import { type HistoryOptions, playHistory } from './history.ts'
import { startOrphanKeeper } from './orphans.ts'

export interface RunOptions
  extends Pick<HistoryOptions, 'seed' | 'blocks' | 'reorganisations' | 'deepest' | 'onProgress'> {
  graphNode: string
  postgres: string
}

export interface Result {
  /** At the head. */
  entities: number
  /** The past blocks that were compared too. */
  pastBlocks: readonly number[]
  comparedInAll: number
  /** How often the engine had to take its history back. */
  undone: number
  passed: ReadonlyMap<string, number>
  differences: readonly string[]
}

const BUILD = resolve(import.meta.dirname, '../../../subgraph/build')
const KEYS = [1, 2, 3, 4, 5, 6].map((n) => `0x${n.toString(16).padStart(64, '0')}` as const)
const DEPLOYED_IN = 1
const PAST_BLOCKS = 10
/** More than the two minutes for which Graph Node rests after an error of its node. */
const STALLED_MS = 300_000

export async function runDifferential(options: RunOptions): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-differential-'))
  const [world, postgres] = await Promise.all([startWorld(KEYS), startPostgres(options.postgres)])
  const node = await startOrphanKeeper(world.url)
  const place = { rpcUrl: node.url, contract: world.contract, startBlock: DEPLOYED_IN }
  const graphNode = await startGraphNode({ binary: options.graphNode, postgresUrl: postgres.url, ...place })
  const { engine, undone } = openCountingEngine(world, join(dir, 'history.sqlite'))
  try {
    await engine.start()
    const rpc = createRpc(world.url)
    const followed = (): Promise<void> => bothAtHead(rpc, engine, graphNode)
    const played = await playHistory({ ...options, world, followed, beforeUndone: node.keep })
    await followed()
    const compared = await compareAll(engine, graphNode, { rpc, seed: options.seed })
    const differences = [...played.broken, ...compared.differences]
    return { ...compared, passed: played.passed, undone: undone(), differences }
  } finally {
    await engine.stop()
    await graphNode.stop()
    await postgres.stop()
    await node.stop()
    world.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

function openCountingEngine({ url, contract }: World, dbPath: string): { engine: Engine; undone: () => number } {
  let undone = 0
  const log = silent.child({})
  log.warn = ((_fields: unknown, message: string) => {
    if (message.startsWith('reorganisation')) undone++
  }) as typeof log.warn
  const place = { rpcUrl: url, chainId: 31_337n, contract, deployBlock: DEPLOYED_IN }
  return { engine: openEngine({ buildDir: BUILD, dbPath, pollMs: 50, log, ...place }), undone: () => undone }
}

/** Rejects, with what both stand at, when neither moves any more: a run of an hour must not wait for ever. */
async function bothAtHead(rpc: Rpc, engine: Engine, graphNode: TestGraphNode): Promise<void> {
  const head = await getBlock(rpc, 'latest')
  let [movedAt, before] = [Date.now(), '']
  for (;;) {
    const { failure, head: ours } = engine.status()
    if (failure !== undefined) throw new Error(`the engine's history stopped: ${failure}`)
    const meta = await graphNode.ask<Meta>('{ _meta { block { number hash } hasIndexingErrors } }').catch(reorganising)
    if (meta?._meta.hasIndexingErrors) throw new Error(`Graph Node's history stopped: ${graphNode.lastWords()}`)
    const theirs = meta?._meta.block
    if (theirs?.hash === head?.hash && ours?.hash === head?.hash) return
    const standing = `Graph Node at ${theirs?.number} ${theirs?.hash}, the engine at ${ours?.number} ${ours?.hash}`
    if (standing !== before) [movedAt, before] = [Date.now(), standing]
    if (Date.now() - movedAt > STALLED_MS)
      throw new Error(`stalled before ${head?.number} ${head?.hash}: ${standing}\n${graphNode.lastWords()}`)
    await new Promise((done) => setTimeout(done, 30))
  }
}

interface Meta {
  _meta: { block: { number: number; hash: string }; hasIndexingErrors: boolean }
}

/** It refuses to answer while it takes back what it told before. */
function reorganising(error: Error): undefined {
  if (!/reorganized while executing/.test(error.message)) throw error
}

async function compareAll(engine: Engine, graphNode: TestGraphNode, { rpc, seed }: { rpc: Rpc; seed: number }) {
  const sides = { graphNode, schema: readSchema(readFileSync(join(BUILD, 'schema.graphql'), 'utf8')) }
  const head = (await getBlock(rpc, 'latest'))?.number ?? 0
  const chance = chanceOf(seed + 1)
  const pastBlocks = Array.from({ length: PAST_BLOCKS }, () => 1 + chance.below(head - 1)).sort((a, b) => a - b)
  const { entities, differences } = await compareAt(engine, sides, head)
  let comparedInAll = entities
  for (const block of pastBlocks) {
    const past = await compareAt(engine, sides, block)
    comparedInAll += past.entities
    differences.push(...past.differences)
  }
  return { entities, pastBlocks, comparedInAll, differences }
}
