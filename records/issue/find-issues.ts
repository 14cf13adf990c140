/** @module Which reports a recorder has anchored, as a node tells it by the contract's events. */

import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { IssuePlace } from './issue.ts'

export interface IssueSearch {
  contract: Address
  recorder: Address
  fromBlock: number
  toBlock: number
}

/** An event's place, with its block's hash. */
export interface SeenIssue extends IssuePlace {
  blockHash: Bytes32
  /** How often it stands there: once, unless two programs anchor with one key. */
  times: number
}

/** Returns the first event of each report's hash. Rejects RpcError. */
export async function findIssues(rpc: Rpc, search: IssueSearch): Promise<Map<Bytes32, SeenIssue>> {
  const { contract, recorder, fromBlock, toBlock } = search
  const issuer = `0x${recorder.slice(2).padStart(64, '0')}` as const
  const range = {
    address: contract,
    fromBlock,
    toBlock,
    names: ['ReportIssued'],
    indexed: [null, null, issuer],
  } as const
  const found = new Map<Bytes32, SeenIssue>()
  for await (const events of readEvents(rpc, range)) {
    for (const { name, args, log } of events) {
      if (name !== 'ReportIssued' || args.issuer !== recorder) continue
      const before = found.get(args.reportHash)
      if (before !== undefined) before.times++
      if (before !== undefined) continue
      const { blockNumber: block, blockHash, transactionHash: transaction } = log
      found.set(args.reportHash, { block, blockHash, transaction, times: 1 })
    }
  }
  return found
}
