/**
 * @module `npm run fuzz -- queries`: 10,000 hostile GraphQL queries against a real history, while somebody else goes on
 * asking. Each must end within the limit, none may fail inside. FLYTRAP_FUZZ_SEED repeats a run.
 */
import { tellAuditStory } from '../support/audit-story.ts'
import { startTestGateway } from '../support/gateway.ts'
import { fuzzQueries } from '../support/query-campaign.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_QUERIES ?? 10_000)
const LIMIT_MS = 5_000
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)

const story = await tellAuditStory()
const gateway = await startTestGateway(story.it)
await gateway.indexed()
console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const { bad, answers, slowest, othersSlowest, othersAsked } = await fuzzQueries({
  url: gateway.url,
  seed,
  queries: TOTAL,
  onProgress: (done) => console.log(`${done} of ${TOTAL}`),
})
await gateway.stop()
await story.it.stop()
console.log(answers)
console.log(
  `slowest ${Math.round(slowest)} ms; another’s ${othersAsked} questions: slowest ${Math.round(othersSlowest)} ms`,
)
for (const line of bad.slice(0, 10)) console.error(line)
process.exit(bad.length === 0 && slowest < LIMIT_MS && othersSlowest < LIMIT_MS ? 0 : 1)
