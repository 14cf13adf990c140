/**
 * @module The contract's slots at the report's block, proven against the block's own header: with a block hash from any
 * explorer this is chain truth without a node (EIP-1186).
 */
import type { Address, Bytes32 } from '../../../domain/bytes.ts'
import { RecorderState } from '../../../domain/enums.ts'
import { seedHead } from '../../../domain/head.ts'
import type { Folded, RecorderLife } from '../evidence/folded.ts'
import type { Bundle } from '../format/bundle.ts'
import {
  decodeRecorder,
  decodeRecorderCount,
  decodeReportSigner,
  type RecorderSlots,
  recorderCountSlot,
  recorderSlots,
  reportSignerSlot,
} from '../storage.ts'
import { proveAccount, proveSlots } from './contract-proof.ts'

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
export function stateProblem(
  { recorders, deployment }: Bundle,
  folded: Folded,
  state: ProvenState,
): string | undefined {
  if (state.recorderCount !== recorders.length)
    return `The contract knows ${state.recorderCount} recorders, the bundle ${recorders.length}.`
  for (const { recorder, id, batches } of recorders) {
    const proven = state.recorder(recorder)
    const last = batches.at(-1)
    const next = last === undefined ? 1 : last.firstSeq + last.count
    const isSame = proven.id === id && proven.nextSeq === next
    const head = last?.head ?? seedHead(BigInt(deployment.chainId), deployment.contract, recorder)
    // The contract starts both at the time of adding: an adding told too late makes a period complete, too.
    const added = folded.recorders.get(recorder)?.addedAt
    const { through, builtAt } = last ?? { through: added, builtAt: added }
    const isTimes = proven.through === through && proven.builtAt === builtAt
    if (!isSame || !isTimes || proven.head !== head)
      return `Recorder R${id} stands elsewhere in the contract: batches are missing, or were made up.`
    if (!endsAs(proven, folded.recorders.get(recorder)))
      return `Recorder R${id} serves, or has ended, otherwise in the contract than the bundle tells.`
  }
  return undefined
}

/** An end that never was makes a period complete of which nobody knows the rest. When one was stopped stands in no slot. */
function endsAs({ state, retiredAt }: RecorderSlots, life: RecorderLife | undefined): boolean {
  if (state === RecorderState.STOPPED) return life?.isStopped === true
  const endedAt = state === RecorderState.RETIRED ? retiredAt : null
  return life !== undefined && !life.isStopped && life.endedAt === endedAt
}
