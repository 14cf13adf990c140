/**
 * @module `npm run fuzz -- contract`: 100,000 random deeds against the real contract, and after them every right and getter
 * asked of the contract and of the fold. FLYTRAP_SEED plays a failure again; FLYTRAP_WORLDS and FLYTRAP_DEEDS make it
 * shorter.
 */
import { play } from '../contracts/differential/play.ts'
import { startWorld } from '../contracts/differential/world.ts'

const KEYS = [1, 2, 3, 4, 5, 6].map((n) => `0x${n.toString(16).padStart(64, '0')}` as const)
const WORLDS = Number(process.env.FLYTRAP_WORLDS ?? 10)
const DEEDS = Number(process.env.FLYTRAP_DEEDS ?? 10_000)

const first = Number(process.env.FLYTRAP_SEED ?? Date.now() % 2 ** 31)
let answers = 0
for (let seed = first; seed < first + WORLDS; seed++) {
  const world = await startWorld(KEYS)
  const onProgress = (done: number): void => {
    if (process.stdout.isTTY) process.stdout.write(`\rworld ${seed - first + 1} of ${WORLDS}, ${done} deeds `)
  }
  const played = await play(world, { deeds: DEEDS, seed, onProgress }).finally(() => world.stop())
  answers += played.answers
  if (played.differences.length > 0) {
    console.error(`\nseed ${seed}, after ${played.deeds} deeds:\n${played.differences.slice(0, 20).join('\n')}`)
    console.error(`Play it again with: FLYTRAP_SEED=${seed} npm run fuzz -- contract`)
    process.exit(1)
  }
}
console.log(`\n${WORLDS * DEEDS} deeds from seed ${first}: contract and fold agree on all of ${answers} answers.`)
