/**
 * @module Where a file's hash stands on chain, as a node tells it. No finding: a report holds without it, and one that was
 * made just now is not anchored yet. It tells that the file is not younger than a block.
 */

import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../../contracts/rpc/logs.ts'
import { type Bytes32, sha256, toHex } from '../../../domain/bytes.ts'
import type { Anchor } from '../findings.ts'
import type { Bundle } from '../format/bundle.ts'

/** Returns null where no recorder anchored the file; undefined where the node does not tell. */
export async function findAnchor(
  pdf: Uint8Array,
  { deployment, recorders }: Bundle,
  rpc: Rpc,
): Promise<Anchor | null | undefined> {
  const hash: Bytes32 = toHex(sha256(pdf))
  const { contract: address, deployBlock: fromBlock } = deployment
  try {
    const toBlock = Number(await rpc.request<string>('eth_blockNumber'))
    const range = { address, fromBlock, toBlock, names: ['ReportIssued'], indexed: [hash] } as const
    for await (const events of readEvents(rpc, range)) {
      for (const { name, args, log } of events) {
        if (name !== 'ReportIssued' || args.reportHash !== hash) continue
        const id = recorders.find(({ recorder }) => recorder === args.issuer)?.id ?? null
        return { block: log.blockNumber, transaction: log.transactionHash, recorder: args.issuer, recorderId: id }
      }
    }
    return null
  } catch (error) {
    if (error instanceof RpcError) return undefined
    throw error
  }
}
