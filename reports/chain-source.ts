/** @module The report's source over a node; evidence comes from whoever may read it. */
import { getBlock, quantity } from '../contracts/rpc/blocks.ts'
import { pinned, type Rpc, RpcError } from '../contracts/rpc/json-rpc.ts'
import { readLogs } from '../contracts/rpc/logs.ts'
import { type Bytes32, type Hex, toHex, uint } from '../domain/bytes.ts'
import type { ReportSource } from './source.ts'
import type { BundleProof } from './verify/format/bundle.ts'

interface RpcProof {
  accountProof: Hex[]
  storageProof: { key: Hex; value: Hex; proof: Hex[] }[]
}

/** Returns the source for `contract`. Its methods reject RpcError: blocks and logs of one report come from one endpoint. */
export function createChainSource(rpc: Rpc, contract: Hex, evidence: ReportSource['evidence']): ReportSource {
  let asked: Promise<Rpc> | undefined
  const node = (): Promise<Rpc> => {
    asked ??= pinned(rpc)
    return asked
  }
  return {
    async *logs(range) {
      for await (const logs of readLogs(await node(), { address: contract, ...range })) {
        const standing = logs.filter((log) => log.removed !== true)
        // Nodes answer in order; an evidence chain does not lean on it.
        yield standing.sort(
          (a, b) => Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex),
        )
      }
    },
    block: async (which) => getBlock(await node(), which),
    // A proof speaks for itself: whoever has it may give it.
    proof: (slots, block) => readProof(rpc, { contract, slots, block }),
    evidence,
  }
}

async function readProof(
  rpc: Rpc,
  { contract, slots, block }: { contract: Hex; slots: readonly Bytes32[]; block: number },
): Promise<BundleProof | undefined> {
  const asked = rpc.request<RpcProof>('eth_getProof', [contract, slots, quantity(block)])
  // Full nodes forget a block's state, and some endpoints have no eth_getProof: the report says so instead of failing.
  const answer = await asked.catch((error: unknown) => {
    if (error instanceof RpcError && error.code === 'RPC_ERROR') return undefined
    throw error
  })
  if (answer === undefined) return undefined
  return {
    accountProof: answer.accountProof,
    storageProof: answer.storageProof.map(({ key, value, proof }) => ({
      key: toHex(uint(BigInt(key), 32)),
      value: `0x${BigInt(value).toString(16)}`,
      proof,
    })),
  }
}
