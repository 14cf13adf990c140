/**
 * @module Where the contract keeps what a state proof shows, read from the compiler's own layout; the decoding of those
 * slots. Pure.
 */
import LAYOUT from '../../contracts/abi/storage-layout.json' with { type: 'json' }
import { type Address, type Bytes32, concat, fromHex, keccak256, toHex, toUint, uint } from '../../domain/bytes.ts'

export interface RecorderSlots {
  id: number
  state: number
  nextSeq: number
  through: number
  builtAt: number
  /** 0 while it was not retired. */
  retiredAt: number
  head: Bytes32
}

/** Returns the two slots of a recorder. */
export function recorderSlots(recorder: Address): [Bytes32, Bytes32] {
  const first = keccak256(concat(new Uint8Array(12), fromHex(recorder), uint(slotOf('_recorders'), 32)))
  return [toHex(first), toHex(uint(toUint(first) + BigInt(member('Recorder', 'head').slot), 32))]
}

export const recorderCountSlot = (): Bytes32 => toHex(uint(slotOf('_recorderCount'), 32))

export function reportSignerSlot(spkiHash: Bytes32): Bytes32 {
  return toHex(keccak256(concat(fromHex(spkiHash), uint(slotOf('_reportSigners'), 32))))
}

/** Returns every slot that a report's state proof covers. */
export const provenSlots = (recorders: readonly Address[], spkiHash: Bytes32): Bytes32[] => [
  recorderCountSlot(),
  reportSignerSlot(spkiHash),
  ...recorders.flatMap(recorderSlots),
]

export function decodeRecorder(packed: bigint, head: bigint): RecorderSlots {
  const read = (label: string): number => Number(field('Recorder', label, packed))
  return {
    id: read('id'),
    state: read('state'),
    nextSeq: read('nextSeq'),
    through: read('through'),
    builtAt: read('builtAt'),
    retiredAt: read('retiredAt'),
    head: toHex(uint(head, 32)),
  }
}

export const decodeRecorderCount = (word: bigint): number =>
  Number((word >> BigInt(variable('_recorderCount').offset * 8)) & 0xffff_ffffn)

export function decodeReportSigner(packed: bigint): { from: number; until: number } {
  return { from: Number(field('ReportSigner', 'from', packed)), until: Number(field('ReportSigner', 'until', packed)) }
}

type Layout = { label: string; slot: string; offset: number; type: string }
const TYPES: Record<string, { label: string; numberOfBytes: string; members?: Layout[] }> = LAYOUT.types

function variable(label: string): Layout {
  const found = LAYOUT.storage.find((entry) => entry.label === label)
  if (found === undefined) throw new RangeError(`the contract keeps no ${label}`)
  return found
}

const slotOf = (label: string): bigint => BigInt(variable(label).slot)

function member(struct: string, label: string): Layout {
  const type = Object.values(TYPES).find((entry) => entry.label.endsWith(`.${struct}`))
  const found = type?.members?.find((entry) => entry.label === label)
  if (found === undefined) throw new RangeError(`the contract's ${struct} has no ${label}`)
  return found
}

function field(struct: string, label: string, word: bigint): bigint {
  const { offset, type } = member(struct, label)
  return (word >> BigInt(offset * 8)) & ((1n << BigInt(Number(TYPES[type]?.numberOfBytes ?? 0) * 8)) - 1n)
}
