/** @module A long random history on a real chain, with reorganisations that both indexers have to see. */
import { View } from '../../../domain/view.ts'
import { randomDeed, type Stage } from '../../contracts/differential/deeds.ts'
import { Ledger } from '../../contracts/differential/ledger.ts'
import { mineDeeds, nothingPlayed } from '../../contracts/differential/play.ts'
import { chanceOf } from '../../contracts/differential/random.ts'
import type { World } from '../../contracts/differential/world.ts'
import { ownersDeed, randomBatch } from './more-deeds.ts'

export interface HistoryOptions {
  world: World
  seed: number
  /** Blocks that stay, and the reorganisations among them. */
  blocks: number
  reorganisations: number
  deepest: number
  /** Resolves once every indexer stands at the chain's head. */
  followed: () => Promise<void>
  /** Told before the last so many blocks are undone. */
  beforeUndone: (depth: number) => Promise<void>
  onProgress?: (blocks: number) => void
}

export interface Played {
  /** How often each deed went through. */
  passed: ReadonlyMap<string, number>
  /** What broke a rule of the contract: nothing, or the history itself is wrong. */
  broken: readonly string[]
}

const DEEDS = 16
const RECORDS = 40

export async function playHistory(options: HistoryOptions): Promise<Played> {
  const { world, seed, blocks, reorganisations } = options
  const stage: Stage = { world, view: new View(), ledger: new Ledger(), chance: chanceOf(seed) }
  const played = nothingPlayed()
  const every = Math.floor(blocks / (reorganisations + 1))
  for (let block = 1; block <= blocks; block++) {
    await playBlock(stage, played)
    if (block % every === 0) await reorganise(options, stage, played)
    options.onProgress?.(block)
  }
  return { passed: played.passed, broken: played.differences }
}

async function playBlock(stage: Stage, played: Parameters<typeof mineDeeds>[1]): Promise<void> {
  const { chance } = stage
  const deeds = await Promise.all(Array.from({ length: chance.below(DEEDS) }, () => randomDeed(stage)))
  if (chance.isLikely(0.8)) deeds.push(randomBatch(stage, 1 + chance.below(RECORDS)))
  if (chance.isLikely(0.3)) deeds.push(ownersDeed(stage))
  await mineDeeds(stage, played, deeds)
}

/** A branch of some blocks that all indexers follow, and then a longer one in its place. */
async function reorganise(options: HistoryOptions, stage: Stage, played: Parameters<typeof mineDeeds>[1]) {
  const { world, followed, beforeUndone, deepest } = options
  const depth = 1 + stage.chance.below(deepest)
  const goBack = await world.mark()
  const branch = { ...stage, view: stage.view.clone(), ledger: stage.ledger.clone() }
  for (let i = 0; i < depth; i++) await playBlock(branch, nothingPlayed())
  await followed()
  await beforeUndone(depth)
  await goBack()
  for (let i = 0; i <= depth; i++) await playBlock(stage, played)
  await followed()
}
