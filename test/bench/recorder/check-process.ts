/** @module One check in a process of its own: writes what it took as JSON, and fails where anything is found. */
import { createRpc } from '../../../contracts/rpc/json-rpc.ts'
import { checkRecords } from '../../../records/check/check.ts'

export interface CheckOrder {
  rpcUrl: string
  deployment: { chainId: string; contract: `0x${string}` }
  journal: string
  evidence: string
}

export interface Checked {
  records: number
  seconds: number
  /** The most that was resident. */
  mebibytes: number
}

const { rpcUrl, deployment, journal, evidence } = JSON.parse(process.argv[2] ?? '') as CheckOrder
const startedAt = performance.now()
const walk = checkRecords({
  rpc: createRpc(rpcUrl),
  deployment: { ...deployment, chainId: BigInt(deployment.chainId) },
  deployBlock: 0,
  journals: [journal],
  evidence,
  maxUnanchoredMs: 86_400_000,
  now: Math.floor(Date.now() / 1_000),
})
const { value, done } = await walk.next()
if (done !== true) throw new Error(`${value.code}: ${value.what}`)
const seconds = (performance.now() - startedAt) / 1_000
const checked: Checked = { records: value.records, seconds, mebibytes: process.resourceUsage().maxRSS / 1_024 }
console.log(JSON.stringify(checked))
