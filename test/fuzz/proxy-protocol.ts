/**
 * @module `npm run fuzz -- proxy-protocol`: five million PROXY headers of both versions, legal, flawed, broken and random.
 * FLYTRAP_FUZZ_SEED repeats a run. At the end it tells which code of the parser was never reached, and fails if any.
 */
import { countReached, type Reached, showReached } from '../support/reached.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_HEADERS ?? 5_000_000)
const BATCH = 250_000
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)
const PARSER = /proxy\/listen\/proxy-protocol\/(parse-header|version-1|version-2|crc32c)\.ts$/

console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const reached = await countReached((path) => PARSER.test(path.replaceAll('\\', '/')))
const { fuzzHeaders } = await import('../support/header-campaign.ts') // what was loaded before is not counted
let reading: Reached[] = []
const sums = { accepted: 0, refused: 0 }
for (let done = 0; done < TOTAL; done += BATCH) {
  const { accepted, refused } = fuzzHeaders({ seed: seed + done, headers: Math.min(BATCH, TOTAL - done) })
  sums.accepted += accepted
  sums.refused += refused
  console.log(`${done + BATCH} of ${TOTAL}: ${JSON.stringify(sums)}`)
  if (done === 0) reading = await reached()
}
console.log(`\nCode that reads headers, reached by the first ${BATCH}:\n${showReached(reading)}`)
if (reading.length === 0 || reading.some(({ missed }) => missed.length > 0)) throw new Error('code was left unreached')
