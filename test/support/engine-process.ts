/** @module An engine in a process of its own, to be killed. It tells each block that it has indexed, as soon as it has. */
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import { silent } from './chain.ts'

const { chainId, ...options } = JSON.parse(process.argv[2] ?? '{}')
const engine = openEngine({ ...options, chainId: BigInt(chainId), log: silent })
let told = -1
const tell = (): void => {
  const number = engine.status().head?.number ?? -1
  if (number !== told) process.stdout.write(`${number}\n`)
  told = number
  setImmediate(tell)
}
tell()
await engine.start()
process.stdout.write('done\n')
