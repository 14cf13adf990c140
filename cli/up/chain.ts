/** @module The chain that `up` works on: the embedded one, started here, or endpoints that are named. */
import { type DevChain, startDevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { createFailoverRpc, type FailoverRpc } from '../../contracts/rpc/failover.ts'
import { readDeployment } from '../context.ts'
import type { StartOptions } from './start-options.ts'

/** Resolves with the embedded chain; undefined where another one is named. */
export async function startChain({ home, config, log }: StartOptions, port: number): Promise<DevChain | undefined> {
  if (config.FLYTRAP_RPC_URL !== undefined) return undefined
  return startDevChain({ dir: home.path('chain'), port, log: log.child({ part: 'chain' }) })
}

/** Bound to the home's contract as soon as there is one: an endpoint of another chain is refused, and said so. */
export function openEndpoints({ home, log }: StartOptions, rpcUrl: string): FailoverRpc {
  const saved = readDeployment(home)
  const deployment = saved === undefined ? {} : { deployment: { chainId: saved.chainId, address: saved.contract } }
  return createFailoverRpc(rpcUrl, { ...deployment, timeoutMs: 30_000, log: log.child({ part: 'chain' }) })
}
