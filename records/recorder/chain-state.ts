/** @module What the contract says of a recorder: the one truth about which batches it holds. */
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { quantity } from '../../contracts/rpc/blocks.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { callContract } from '../../contracts/rpc/transact.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import type { BuiltBatch } from '../batch/built-batch.ts'

export interface RecorderOnChain {
  recorderId: number
  state: RecorderState
  nextSeq: number
  through: number
  builtAt: number
  head: Bytes32
}

/** Reads the recorder's slots at `latest`, or at a block that full nodes still have. Rejects RpcError. */
export async function readRecorder(
  rpc: Rpc,
  contract: Address,
  recorder: Address,
  block?: number,
): Promise<RecorderOnChain> {
  const at = block === undefined ? 'latest' : quantity(block)
  const data = await callContract(rpc, { to: contract, data: encodeCall('recorders', [recorder]) }, at)
  const [recorderId, state, nextSeq, through, builtAt, head] = decodeResult('recorders', data)
  return {
    recorderId: recorderId as number,
    state: state as RecorderState,
    nextSeq: Number(nextSeq),
    through: through as number,
    builtAt: builtAt as number,
    head: head as Bytes32,
  }
}

/**
 * Returns how many of the pending batches the chain holds, or undefined when its head is none of ours: another program
 * writes with our key, or the chain lost what we had thought final.
 */
export function heldByChain(batches: readonly BuiltBatch[], head: Bytes32): number | undefined {
  if (batches.length === 0) return 0
  if (batches[0]?.headBefore === head) return 0
  const last = batches.findLastIndex((batch) => batch.head === head)
  return last === -1 ? undefined : last + 1
}

export const mayRecord = (state: RecorderState): boolean =>
  state === RecorderState.ACTIVE || state === RecorderState.RETIRED
