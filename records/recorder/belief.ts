/**
 * @module What the chain holds of the journal's batches, and whether to believe it. Forgetting cannot be taken back, so no
 * receipt decides it: the recorder's own head must stand in the contract's state at a block that is deep enough, and a
 * second endpoint, where there is one, must say the same of the same block.
 */
import { type Block, getBlock } from '../../contracts/rpc/blocks.ts'
import { pinned, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Receipt } from '../../contracts/rpc/transact.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { BuiltBatch } from '../batch/built-batch.ts'
import { heldByChain, type RecorderOnChain, readRecorder } from './chain-state.ts'

export interface Sources {
  /** The endpoint that this round asks. */
  node: Rpc
  /** Another one, if one is well. */
  witness: Rpc | undefined
  contract: Address
  recorder: Address
}

/** One endpoint a round: two may be on two histories. */
export async function sourcesOf(rpc: Rpc, contract: Address, recorder: Address): Promise<Sources> {
  const node = await pinned(rpc)
  return { node, witness: rpc.witness?.(node), contract, recorder }
}

/** Two endpoints say different things about the same block: one of them lies, and which one cannot be told from here. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement'
  readonly code = 'ENDPOINTS_DISAGREE'
}

/** Returns how many of the pending batches stand in the state `confirmations` deep. Rejects Disagreement. */
export async function finalByState(
  sources: Sources,
  pending: readonly BuiltBatch[],
  confirmations: number,
): Promise<number> {
  const { node, witness } = sources
  const latest = await getBlock(node, 'latest')
  const block = latest === undefined ? undefined : await getBlock(node, latest.number - confirmations + 1)
  if (block === undefined) return 0
  const { head } = await stateAt(node, sources, block)
  const held = heldByChain(pending, head) ?? 0
  if (held === 0 || witness === undefined) return held
  const seen = await getBlock(witness, block.number)
  if (seen === undefined) return 0 // it has not got there yet: later
  if (seen.hash !== block.hash) throw disagree(sources, block, 'which block it is')
  if ((await stateAt(witness, sources, block)).head !== head) throw disagree(sources, block, 'what the contract holds')
  return held
}

/**
 * Does the contract's state at the receipt's block hold the batch, for another endpoint if there is one? It does where its
 * head is the batch's or that of one after it: `heads`.
 */
export async function isBorneOut(
  sources: Sources,
  { blockNumber, blockHash }: Receipt,
  heads: readonly Bytes32[],
): Promise<'yes' | 'no' | 'unknown'> {
  const asked = sources.witness ?? sources.node
  const block = await getBlock(asked, blockNumber)
  if (block === undefined) return 'unknown'
  if (block.hash !== blockHash) return 'no'
  return heads.includes((await stateAt(asked, sources, block)).head) ? 'yes' : 'no'
}

const stateAt = (rpc: Rpc, { contract, recorder }: Sources, block: Block): Promise<RecorderOnChain> =>
  readRecorder(rpc, contract, recorder, block.number)

function disagree({ node, witness }: Sources, { number }: Block, about: string): Disagreement {
  const remedy = 'Nothing is forgotten until they agree. Take the wrong one out of FLYTRAP_RPC_URL.'
  return new Disagreement(`${node.name} and ${witness?.name} disagree about block ${number}, ${about}. ${remedy}`)
}
