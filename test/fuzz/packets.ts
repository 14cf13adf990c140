/**
 * @module `npm run fuzz -- packets`: ten million packets, legal, broken and random, through framing and decoder; legal
 * ones compared with mqtt-packet. FLYTRAP_FUZZ_SEED repeats a run. The same campaign with fewer stands in `npm test`.
 * At the end it tells which code of the decoder the first half million never reached, and fails when that is more than
 * the guards against what cannot happen.
 */
import { countReached, type Reached, showReached } from '../support/reached.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_PACKETS ?? 10_000_000)
const BATCH = 500_000
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)
/** Not the side that writes: encode.test.ts has that. */
const READERS = /proxy\/wire\/(frame|reader|decode|decode-connect|properties|inspect-publish)\.ts$/

console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const reached = await countReached((path) => READERS.test(path.replaceAll('\\', '/')))
const { fuzzPackets } = await import('../support/packet-campaign.ts') // what was loaded before is not counted
let reading: Reached[] = []
const startedAt = performance.now()
const sums: Record<string, number> = {}
for (let done = 0; done < TOTAL; done += BATCH) {
  const result = fuzzPackets({ seed: seed + done, packets: Math.min(BATCH, TOTAL - done), compareEvery: 20 })
  for (const [name, count] of Object.entries(result)) sums[name] = (sums[name] ?? 0) + count
  const rate = (done + BATCH) / ((performance.now() - startedAt) / 1_000)
  console.log(`${done + BATCH} of ${TOTAL}, ${Math.round(rate)} a second: ${JSON.stringify(sums)}`)
  if (done === 0) reading = await reached()
}
console.log(`\nCode that reads packets, reached by the first ${BATCH}:\n${showReached(reading)}`)
const unexpected = reading.flatMap(({ missed }) => missed).filter((line) => !line.includes('broke the decoder'))
if (reading.length === 0 || unexpected.length > 0) throw new Error('the grammar leaves code unreached')
