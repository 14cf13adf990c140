/** @module The chain as the doctor finds it: each endpoint, the contract, the recorder with its money, and the clocks. */
import { formatEther } from 'ethers'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { createRpc, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import { splitUrls } from '../../contracts/rpc/secrets.ts'
import { balanceOf } from '../../contracts/rpc/transact.ts'
import { RecorderState } from '../../domain/enums.ts'
import { readRecorder } from '../../records/recorder/chain-state.ts'
import type { SavedDeployment } from '../context.ts'
import type { Home } from '../home/home.ts'
import { listKeys } from '../home/keys.ts'
import { now } from '../times.ts'
import { failed, type Line, ok, warning } from './line.ts'

const TIMEOUT_MS = 5_000
/** What a proxy bears of difference to the chain's clock (DESIGN section 4). */
const MOST_SKEW = 30
/** When the view of the chain is stale (DESIGN section 6). */
const MOST_LAG = 300
const STARTS_CHAIN = 'npx flytrap up'
const RECORDERS = /^recorder(-?\d+)?$|^gateway$/

export async function judgeChain(urls: string | undefined, home: Home, deployment: SavedDeployment): Promise<Line[]> {
  if (urls === undefined) {
    const remedy = deployment.embedded ? STARTS_CHAIN : 'Set FLYTRAP_RPC_URL, as for `flytrap up`.'
    return [failed('chain', 'no endpoint is known', remedy)]
  }
  const rpcs = splitUrls(urls).map((url) => createRpc(url, { timeoutMs: TIMEOUT_MS }))
  const lines = (await Promise.all(rpcs.map((rpc) => judgeEndpoint(rpc, deployment)))).flat()
  const well = rpcs.find((rpc) => !lines.some(({ what, state }) => state === 'failed' && what.includes(rpc.name)))
  if (well === undefined) return lines
  return [...lines, ...(await judgeRecorders(well, home, deployment))]
}

async function judgeEndpoint(rpc: Rpc, { chainId, contract, embedded }: SavedDeployment): Promise<Line[]> {
  const remedy = embedded
    ? STARTS_CHAIN
    : 'Check FLYTRAP_RPC_URL; several, separated by commas, stand in for each other.'
  try {
    await assertDeployment(rpc, { chainId, address: contract })
    const block = await getBlock(rpc, 'latest')
    if (block === undefined) return [failed('chain', `${rpc.name} shows no block`, remedy)]
    return [
      ok('chain', `${rpc.name} is at block ${block.number}, with our contract`),
      judgeClock(block.timestamp, embedded),
    ]
  } catch (error) {
    return [failed('chain', `${rpc.name}: ${(error as Error).message}`, remedy)]
  }
}

/** The embedded chain makes a block when there is something to put in: an old one says nothing there. */
function judgeClock(timestamp: number, embedded: boolean): Line {
  const behind = now() - timestamp
  const remedy = 'Set this machine’s clock: timedatectl set-ntp true'
  if (behind < -MOST_SKEW) return failed('clock', `the chain is ${-behind} s ahead of this machine`, remedy)
  if (!embedded && behind > MOST_LAG)
    return failed('clock', `the latest block is ${behind} s old: the endpoint lags, or this clock is ahead`, remedy)
  return ok('clock', embedded ? 'not behind the chain' : `the latest block is ${behind} s old`)
}

/** The proxies' recorders, and the gateway's. */
async function judgeRecorders(rpc: Rpc, home: Home, { contract, embedded }: SavedDeployment): Promise<Line[]> {
  const lines: Line[] = []
  for (const { name, address } of listKeys(home).filter((key) => RECORDERS.test(key.name))) {
    const { state, nextSeq } = await readRecorder(rpc, contract, address)
    if (state !== RecorderState.ACTIVE) {
      const remedy = embedded ? STARTS_CHAIN : `npx flytrap recorder add ${address}  (as the contract’s owner)`
      lines.push(failed(name, `${address} is no active recorder of the contract`, remedy))
      continue
    }
    const balance = await balanceOf(rpc, address)
    const what = `${address}, at sequence ${nextSeq}, with ${formatEther(balance)} ETH`
    lines.push(balance === 0n ? failed(name, what, `Send ETH for gas to ${address}.`) : ok(name, what))
  }
  return lines.length > 0 ? lines : [warning('recorder', 'the home has no recorder’s key yet', STARTS_CHAIN)]
}
