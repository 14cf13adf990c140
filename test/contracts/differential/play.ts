/** @module Plays many random deeds and compares contract and fold again and again. */
import { View, type ViewEvent } from '../../../domain/view.ts'
import { compareFilters, compareRights, compareWithPlainModel } from './compare.ts'
import { compareState } from './compare-state.ts'
import { randomDeed, type Stage } from './deeds.ts'
import { Ledger } from './ledger.ts'
import { chanceOf } from './random.ts'
import { brokenRule } from './rules.ts'
import type { Deed, World } from './world.ts'

export interface PlayOptions {
  deeds: number
  seed: number
  /** Deeds in one block: the later ones refer to what the earlier ones may have changed. */
  perBlock?: number
  /** Blocks between two comparisons. */
  compareEvery?: number
  onProgress?: (done: number) => void
}

export interface Played {
  differences: string[]
  /** How often each deed went through, by its name. */
  passed: Map<string, number>
  deeds: number
  answers: number
  allowed: number
}

export async function play(world: World, options: PlayOptions): Promise<Played> {
  const { deeds, seed, perBlock = 20, compareEvery = 40 } = options
  const stage: Stage = { world, view: new View(), ledger: new Ledger(), chance: chanceOf(seed) }
  const played = nothingPlayed()
  for (let block = 1; played.deeds < deeds && played.differences.length === 0; block++) {
    await playBlock(stage, played, Math.min(perBlock, deeds - played.deeds))
    if (block % compareEvery === 0 || played.deeds >= deeds) await compare(stage, played)
    options.onProgress?.(played.deeds)
  }
  return played
}

export const nothingPlayed = (): Played => ({ differences: [], passed: new Map(), deeds: 0, answers: 0, allowed: 0 })

async function playBlock(stage: Stage, played: Played, count: number): Promise<void> {
  const deeds = await Promise.all(Array.from({ length: count }, () => randomDeed(stage)))
  await mineDeeds(stage, played, deeds)
}

/** Mines the deeds in one block, and folds what came of them. */
export async function mineDeeds(stage: Stage, played: Played, deeds: readonly Deed[]): Promise<void> {
  const { world, view, ledger, chance } = stage
  const seconds = chance.pick([1, 1, 30, 700])
  const { events, passed } = await world.mine(deeds, seconds)
  for (const { event, deed } of events) {
    const broken = brokenRule(event, deed, { view, ledger, time: world.time })
    if (broken !== undefined)
      played.differences.push(`${deed.name}(${deed.args.join(', ')}) by ${deed.from}: ${broken}`)
    view.apply(event as ViewEvent)
    ledger.apply(event)
  }
  played.deeds += deeds.length
  deeds.forEach(({ name }, i) => {
    if (passed[i]) played.passed.set(name, (played.passed.get(name) ?? 0) + 1)
  })
}

async function compare(stage: Stage, played: Played): Promise<void> {
  const { world, ledger } = stage
  const state = await compareState(stage)
  const comparisons = [await compareRights(stage), compareWithPlainModel(stage), compareFilters(stage, 500)]
  for (const { asked, allowed, differences } of comparisons) {
    played.answers += asked
    played.allowed += allowed
    played.differences.push(...differences)
  }
  played.answers += state.asked
  played.differences.push(...state.differences)
  const balance = await world.balance()
  const owed = [...ledger.credits.values()].reduce((sum, credit) => sum + credit, 0n)
  if (balance !== owed) played.differences.push(`the balance is ${balance}, the credits ${owed}`)
}
