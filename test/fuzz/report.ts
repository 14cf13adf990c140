/**
 * @module `npm run fuzz -- report`: a signed report with one bit changed, two thousand times, anywhere. FLYTRAP_FUZZ_SEED
 * repeats a run. The same with fewer stands in `npm test`.
 */
import { makeReport } from '../../reports/make-report.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { seeded } from '../support/hostile-queries.ts'
import { tellKitchenStory } from '../support/kitchen-story.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_REPORTS ?? 2_000)
const SHOWN = 200
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)
console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const random = seeded(seed)
const story = await tellKitchenStory()
const { pdf } = await makeReport(story.order())
const passed: string[] = []
for (let done = 1; done <= TOTAL; done++) {
  const [at, bit] = [Math.floor(random() * pdf.length), Math.floor(random() * 8)]
  const changed = Buffer.from(pdf)
  changed[at]! ^= 1 << bit
  if ((await verifyReport(changed)).result !== 'FAILED') passed.push(`byte ${at}, bit ${bit}`)
  if (done % SHOWN === 0) console.log(`${done} of ${TOTAL}: ${passed.length} were not noticed`)
}
await story.stop()
for (const place of passed) console.error(`not noticed: ${place}`)
process.exit(passed.length === 0 ? 0 : 1)
