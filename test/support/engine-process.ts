/** @module An engine in a process of its own, to be killed. */
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import { silent } from './chain.ts'

const { chainId, ...options } = JSON.parse(process.argv[2] ?? '{}')
await openEngine({ ...options, chainId: BigInt(chainId), log: silent }).start()
