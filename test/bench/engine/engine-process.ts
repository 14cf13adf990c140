/** @module The engine alone in a process, so that its memory is its own: indexes to the head, and tells what that took. */
import { openEngine } from '../../../subgraph/engine/open-engine.ts'
import { silent } from '../../support/chain.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { rpcUrl: string; contract: `0x${string}`; dbPath: string }
const buildDir = new URL('../../../subgraph/build', import.meta.url).pathname
const engine = openEngine({ ...options, buildDir, chainId: 31_337n, deployBlock: 1, log: silent })
const startedAt = performance.now()
await engine.start()
const seconds = (performance.now() - startedAt) / 1_000
const { head, failure, trouble } = engine.status()
if (failure !== undefined || trouble !== undefined) throw new Error(failure ?? trouble)
const [last] = engine.query('AccessRecord', { orderBy: 'cursor', direction: 'desc', first: 1 })
await engine.stop()
const records = Number(last?.sequence ?? 0n)
const { user, system } = process.cpuUsage()
const { maxRSS: peakKib } = process.resourceUsage()
process.stdout.write(
  JSON.stringify({ seconds, records, block: head?.number, peakKib, cpuSeconds: (user + system) / 1e6 }),
)
