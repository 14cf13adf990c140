/**
 * @module What `eth_getProof` shows of a contract, proven from a block's hash alone, whoever answered: header, account, slots
 * (EIP-1186). Pure.
 */
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { type Address, type Bytes32, concat, fromHex, type Hex, toHex, toUint } from '../../../domain/bytes.ts'
import type { BundleProof } from '../format/bundle.ts'
import { headerHash } from '../header.ts'
import { decodeRecorder, type RecorderSlots, recorderSlots } from '../storage.ts'

export type ProofProblem = 'HEADER_CHANGED' | 'ACCOUNT_NOT_PROVEN' | 'SLOT_NOT_PROVEN' | 'SLOT_FORGED' | 'SLOT_MISSING'

export class StateProofError extends Error {
  override name = 'StateProofError'
  readonly code: ProofProblem

  constructor(code: ProofProblem, message: string) {
    super(message)
    this.code = code
  }
}

/** Returns a recorder's state at a block whose hash is trusted. Throws StateProofError. */
export async function proveRecorder(
  proof: BundleProof,
  where: { blockHash: Bytes32; header: Record<string, string>; contract: Address; recorder: Address },
): Promise<RecorderSlots> {
  const { blockHash, header, contract, recorder } = where
  if (headerHash(header) !== blockHash) {
    throw new StateProofError('HEADER_CHANGED', `The header does not hash to ${blockHash}.`)
  }
  const { root } = await proveAccount(proof, { stateRoot: header.stateRoot ?? '', contract })
  const words = await proveSlots(proof, root)
  const [packed, head] = recorderSlots(recorder).map((slot) => words.get(slot))
  if (packed === undefined || head === undefined) {
    throw new StateProofError('SLOT_MISSING', `The proof does not cover recorder ${recorder}.`)
  }
  return decodeRecorder(packed, head)
}

export async function proveAccount(
  proof: BundleProof,
  { stateRoot, contract }: { stateRoot: string; contract: Address },
): Promise<{ root: Uint8Array; codeHash: Bytes32 }> {
  const account = await prove(contract, proof.accountProof, fromHex(stateRoot)).catch(() => null)
  // An account is [nonce, balance, storageRoot, codeHash].
  const fields = account === null ? [] : RLP.decode(account)
  const [root, codeHash] = Array.isArray(fields) ? [fields[2], fields[3]] : []
  if (root instanceof Uint8Array && codeHash instanceof Uint8Array) return { root, codeHash: toHex(codeHash) }
  throw new StateProofError(
    'ACCOUNT_NOT_PROVEN',
    `The proof shows no account ${contract} under the block's state root.`,
  )
}

/** Returns each slot's word as the proof has it; what the node says beside it must be the same. */
export async function proveSlots(proof: BundleProof, root: Uint8Array): Promise<Map<Bytes32, bigint>> {
  const words = new Map<Bytes32, bigint>()
  for (const { key, value: claimed, proof: nodes } of proof.storageProof) {
    const value = await prove(key, nodes, root).catch(() => {
      throw new StateProofError('SLOT_NOT_PROVEN', `The proof of slot ${key} does not lead to the storage root.`)
    })
    const decoded = value === null ? undefined : RLP.decode(value)
    const word = decoded instanceof Uint8Array ? toUint(decoded) : 0n
    if (!/^0x[0-9a-f]{1,64}$/i.test(claimed) || BigInt(claimed) !== word) {
      throw new StateProofError('SLOT_FORGED', `Slot ${key} is said to hold ${claimed}, and is proven to hold ${word}.`)
    }
    words.set(key, word)
  }
  return words
}

/** Also proves absence: then the value is null. */
const prove = (key: Hex, nodes: readonly Hex[], root: Uint8Array): Promise<Uint8Array | null> =>
  verifyMerkleProof(
    fromHex(key),
    nodes.map((node) => concat(fromHex(node))),
    { root, useKeyHashing: true },
  )
