/** @module Where a report's facts come from: the chain, and the evidence that its maker may read. */
import type { EventName, RpcLog } from '../contracts/abi/events.ts'
import type { Bytes32, Hex } from '../domain/bytes.ts'
import type { BundleProof } from './verify/format/bundle.ts'

/** One record's evidence, as the evidence store keeps it. */
export interface BatchEvidence {
  seq: number
  leaf: Bytes32
  /** Absent once erased. */
  text?: string
  salt?: Hex
}

export interface SourceBlock {
  number: number
  hash: Hex
  timestamp: number
  /** All fields as the node gave them. */
  raw: Record<string, unknown>
}

export interface ReportSource {
  /** The contract's raw logs of these events, in chain order. */
  logs(range: { fromBlock: number; toBlock: number; names: readonly EventName[] }): AsyncIterable<readonly RpcLog[]>
  block(which: number | 'latest'): Promise<SourceBlock | undefined>
  /** `eth_getProof` of the contract's slots; undefined where the node has forgotten that block's state. */
  proof(slots: readonly Bytes32[], block: number): Promise<BundleProof | undefined>
  /** Evidence of one batch in sequence order; undefined where nothing of it is stored. */
  evidence(recorderId: number, batchFirstSeq: number): Promise<readonly BatchEvidence[] | undefined>
}

export interface Deployment {
  chainId: bigint
  contract: Hex
  deployBlock: number
}
