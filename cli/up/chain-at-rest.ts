/**
 * @module The home's chain for one piece of reading: the node that runs, or, of an embedded chain that does not run, its
 * last dump in an anvil of its own that writes nothing back.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAnvil, spawnAnvil } from '../../contracts/devchain/anvil.ts'
import { assertStateReadable } from '../../contracts/devchain/state-file.ts'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Config } from '../config.ts'
import { notRunning, readEndpoints, type SavedDeployment } from '../context.ts'
import { type Home, lockHome } from '../home/home.ts'
import { pickPort } from '../ports.ts'

export interface Place {
  home: Home
  config: Config
  deployment: SavedDeployment
}

/** Rejects what `work` or assertDeployment does, NOT_RUNNING, or HOME_BUSY when `up` starts meanwhile. */
export async function withChain<T>({ home, config, deployment }: Place, work: (rpc: Rpc) => Promise<T>): Promise<T> {
  const place = { chainId: deployment.chainId, address: deployment.contract }
  const url = config.FLYTRAP_RPC_URL ?? readEndpoints(home)?.rpc
  const isAtRest = deployment.embedded && (url === undefined || !(await answers(url)))
  if (isAtRest) return withDump(home, (dumped) => reach(dumped))
  if (url === undefined) throw notRunning()
  return reach(url)

  async function reach(where: string): Promise<T> {
    const rpc = createFailoverRpc(where, { deployment: place, timeoutMs: 30_000 })
    await assertDeployment(rpc, place)
    return work(rpc)
  }
}

const answers = (url: string): Promise<boolean> =>
  createFailoverRpc(url, { timeoutMs: 5_000 })
    .request('eth_blockNumber')
    .then(
      () => true,
      () => false,
    )

/** The home is held meanwhile: an `up` would go on from a dump that we still read as the latest. */
async function withDump<T>(home: Home, work: (url: string) => Promise<T>): Promise<T> {
  const unlock = lockHome(home)
  const scratch = mkdtempSync(join(tmpdir(), 'flytrap-dump-'))
  try {
    const state = home.path('chain', 'anvil-state.json')
    if (!assertStateReadable(state)) throw notRunning()
    const port = await pickPort({ setting: 'FLYTRAP_CHAIN_PORT', wanted: 0, usual: 0, host: '127.0.0.1' })
    const pidFile = join(scratch, 'anvil.pid')
    const anvil = await spawnAnvil({ binary: findAnvil(), port, loadState: state, pidFile, onLine: () => {} })
    try {
      return await work(`http://127.0.0.1:${port}`)
    } finally {
      anvil.kill('SIGKILL')
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
    unlock()
  }
}
