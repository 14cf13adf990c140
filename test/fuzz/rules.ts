/**
 * @module `npm run fuzz -- rules`: five thousand flytrap.yaml, right, flawed and hostile. FLYTRAP_FUZZ_SEED repeats a
 * run. The same with fewer stands in `npm test`.
 */
import { fuzzRules } from '../support/rules-campaign.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_RULES ?? 5_000)
const BATCH = 500
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)
console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const sums = { taken: 0, refused: 0 }
for (let done = 0; done < TOTAL; done += BATCH) {
  const { taken, refused } = fuzzRules({ seed: seed + done, files: Math.min(BATCH, TOTAL - done) })
  sums.taken += taken
  sums.refused += refused
  console.log(`${done + BATCH} of ${TOTAL}: ${JSON.stringify(sums)}`)
}
