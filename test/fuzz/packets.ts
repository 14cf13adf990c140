/**
 * @module `npm run fuzz -- packets`: ten million packets, legal, broken and random, through framing and decoder; legal
 * ones compared with mqtt-packet. FLYTRAP_FUZZ_SEED repeats a run. The same campaign with fewer stands in `npm test`.
 */
import { fuzzPackets } from '../support/packet-campaign.ts'

const TOTAL = Number(process.env.FLYTRAP_FUZZ_PACKETS ?? 10_000_000)
const BATCH = 500_000
const seed = Number(process.env.FLYTRAP_FUZZ_SEED ?? Date.now() % 1_000_000_007)

console.log(`seed ${seed}: repeat with FLYTRAP_FUZZ_SEED=${seed}`)
const startedAt = performance.now()
const sums: Record<string, number> = {}
for (let done = 0; done < TOTAL; done += BATCH) {
  const result = fuzzPackets({ seed: seed + done, packets: Math.min(BATCH, TOTAL - done), compareEvery: 20 })
  for (const [name, count] of Object.entries(result)) sums[name] = (sums[name] ?? 0) + count
  const rate = (done + BATCH) / ((performance.now() - startedAt) / 1_000)
  console.log(`${done + BATCH} of ${TOTAL}, ${Math.round(rate)} a second: ${JSON.stringify(sums)}`)
}
