/**
 * @module The contract's slots at the report's block, proven against the block's own header: with a block hash from any
 * explorer this is chain truth without a node (EIP-1186).
 */
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { type Address, type Bytes32, concat, fromHex, type Hex, toHex, toUint } from '../../../domain/bytes.ts'
import { seedHead } from '../../../domain/head.ts'
import type { Bundle, BundleProof } from '../format/bundle.ts'
import {
  decodeRecorder,
  decodeRecorderCount,
  decodeReportSigner,
  type RecorderSlots,
  recorderCountSlot,
  recorderSlots,
  reportSignerSlot,
} from '../storage.ts'

export interface ProvenState {
  /** keccak256 of the contract's code. */
  codeHash: Bytes32
  recorderCount: number
  recorder(address: Address): RecorderSlots
  /** Undefined where the proof does not cover it. */
  reportSigner(spkiHash: Bytes32): { from: number; until: number } | undefined
}

/** Returns what the proof proves under the header's state root, or in words why it proves nothing. */
export async function proveState(bundle: Bundle): Promise<ProvenState | string> {
  const { proof, block, deployment, recorders } = bundle
  if (proof === null) return 'The bundle holds no state proof.'
  try {
    const { root, codeHash } = await proveAccount(proof, {
      stateRoot: block.header.stateRoot ?? '',
      contract: deployment.contract,
    })
    const words = await proveSlots(proof, root)
    const slots = [recorderCountSlot(), ...recorders.flatMap(({ recorder }) => recorderSlots(recorder))]
    if (slots.some((slot) => !words.has(slot))) return 'The state proof does not cover every recorder.'
    const word = (slot: Bytes32): bigint => words.get(slot) ?? 0n
    return {
      codeHash,
      recorderCount: decodeRecorderCount(word(recorderCountSlot())),
      recorder(address) {
        const [packed, head] = recorderSlots(address)
        return decodeRecorder(word(packed), word(head))
      },
      reportSigner(hash) {
        const packed = words.get(reportSignerSlot(hash))
        return packed === undefined ? undefined : decodeReportSigner(packed)
      },
    }
  } catch {
    return 'The state proof does not prove anything under the block’s state root.'
  }
}

/** Returns the recorder whose proven state is not what its batches fold to, in words. */
export function stateProblem({ recorders, deployment }: Bundle, state: ProvenState): string | undefined {
  if (state.recorderCount !== recorders.length)
    return `The contract knows ${state.recorderCount} recorders, the bundle ${recorders.length}.`
  for (const { recorder, id, batches } of recorders) {
    const proven = state.recorder(recorder)
    const last = batches.at(-1)
    const next = last === undefined ? 1 : last.firstSeq + last.count
    const isSame = proven.id === id && proven.nextSeq === next
    const head = last?.head ?? seedHead(BigInt(deployment.chainId), deployment.contract, recorder)
    const isTimes = last === undefined || (proven.through === last.through && proven.builtAt === last.builtAt)
    if (!isSame || !isTimes || proven.head !== head)
      return `Recorder R${id} stands elsewhere in the contract: batches are missing, or were made up.`
  }
  return undefined
}

async function proveAccount(proof: BundleProof, { stateRoot, contract }: { stateRoot: string; contract: Address }) {
  const account = await prove(fromHex(contract), proof.accountProof, fromHex(stateRoot))
  if (account === null) throw new RangeError('no account')
  // An account is [nonce, balance, storageRoot, codeHash].
  const fields = RLP.decode(account)
  const [root, codeHash] = Array.isArray(fields) ? [fields[2], fields[3]] : []
  if (!(root instanceof Uint8Array && codeHash instanceof Uint8Array)) throw new RangeError('no account')
  return { root, codeHash: toHex(codeHash) }
}

async function proveSlots(proof: BundleProof, root: Uint8Array): Promise<Map<Bytes32, bigint>> {
  const words = new Map<Bytes32, bigint>()
  for (const { key, proof: nodes } of proof.storageProof) {
    const value = await prove(fromHex(key), nodes, root)
    const word = value === null ? undefined : RLP.decode(value)
    words.set(key, word instanceof Uint8Array ? toUint(word) : 0n)
  }
  return words
}

/** Also proves absence: then the value is null. */
const prove = (key: Uint8Array, nodes: readonly Hex[], root: Uint8Array): Promise<Uint8Array | null> =>
  verifyMerkleProof(
    key,
    nodes.map((node) => concat(fromHex(node))),
    { root, useKeyHashing: true },
  )
