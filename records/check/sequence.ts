/**
 * @module One recorder's sequence as the chain tells it, batch by batch: what the contract guarantees is asked of the
 * logs again, since an endpoint may keep back, repeat or change them (DESIGN section 3). Pure.
 */
import type { SequencedRecord } from '../../domain/access-record.ts'
import { type Address, type Bytes32, concat, keccak256, toHex } from '../../domain/bytes.ts'
import { Action } from '../../domain/enums.ts'
import { type BatchHeader, foldHead } from '../../domain/head.ts'
import { encodeRecord } from '../../domain/packed.ts'
import { type Finding, found, runsOf } from './finding.ts'

/** A batch as its transaction's logs tell it. */
export interface ChainBatch {
  recorder: Address
  header: BatchHeader
  head: Bytes32
  block: number
  records: SequencedRecord[]
}

/** Where a recorder's sequence has got to. */
export interface Sequence {
  recorder: Address
  recorderId: number
  nextSeq: number
  /** Undefined after a batch that was not shown: from there it folds no further. */
  head: Bytes32 | undefined
  /** Unix seconds. */
  through: number
  builtAt: number
  /** The logs of it contradict themselves: that was told, and nothing follows from them about a journal. */
  isDoubtful: boolean
}

/** Judges the next batch and moves the sequence on to its end, whatever was found: each flaw is told once. */
export function followBatch(sequence: Sequence, batch: ChainBatch): Finding[] {
  const findings = [...judgePlace(sequence, batch), ...judgeRecords(sequence, batch), ...judgeTimes(sequence, batch)]
  const { header, head } = batch
  sequence.nextSeq = Math.max(sequence.nextSeq, Number(header.firstSeq) + header.count)
  // After a break it folds on from the next head: one flaw is told once.
  const isBroken = findings.some(({ code }) => code === 'HEAD_BROKEN')
  sequence.head = isBroken ? undefined : head
  sequence.isDoubtful ||= findings.some(({ code }) => code !== 'OUT_OF_ORDER')
  sequence.through = Math.max(sequence.through, header.through)
  sequence.builtAt = Math.max(sequence.builtAt, header.builtAt)
  return findings
}

function judgePlace(sequence: Sequence, { header, head, block }: ChainBatch): Finding[] {
  const firstSeq = Number(header.firstSeq)
  const { nextSeq } = sequence
  if (firstSeq > nextSeq) {
    const place = { seq: nextSeq, count: firstSeq - nextSeq }
    return [found('MISSING_ON_THIS_ENDPOINT', sequence, place, `no batch before block ${block} holds them`)]
  }
  if (firstSeq < nextSeq) {
    const place = { seq: firstSeq, count: header.count }
    return [found('DOUBLED_ON_CHAIN', sequence, place, `block ${block} begins at a sequence that was recorded before`)]
  }
  if (sequence.head === undefined || foldHead(sequence.head, header) === head) return []
  return [
    found('HEAD_BROKEN', sequence, { seq: firstSeq, count: header.count }, `the head of block ${block} is no fold`),
  ]
}

function judgeRecords(sequence: Sequence, { header, records, block }: ChainBatch): Finding[] {
  const firstSeq = Number(header.firstSeq)
  const seen = new Set(records.map(({ seq }) => Number(seq)))
  const absent = Array.from({ length: header.count }, (_, i) => firstSeq + i).filter((seq) => !seen.has(seq))
  if (absent.length > 0)
    return runsOf(absent).map((run) =>
      found('MISSING_ON_THIS_ENDPOINT', sequence, run, `the batch of block ${block} counts them and shows none`),
    )
  if (seen.size < records.length || seen.size > header.count) {
    const place = { seq: firstSeq, count: records.length }
    const what = `the batch of block ${block} counts ${header.count} records and shows ${records.length}`
    return [found('DOUBLED_ON_CHAIN', sequence, place, what)]
  }
  const isMine = records.every(({ recorderId }) => recorderId === sequence.recorderId)
  if (isMine && recordsHashOf(records) === header.recordsHash) return []
  const what = `the records of block ${block} are not those that its batch hashed`
  return [found('ALTERED_ON_CHAIN', sequence, { seq: firstSeq, count: header.count }, what)]
}

export const recordsHashOf = (records: readonly SequencedRecord[]): Bytes32 =>
  toHex(keccak256(concat(...records.map(encodeRecord))))

/** A BAN's span is its duration, not something that has happened. */
const lastAt = ({ action, firstAt, span }: SequencedRecord): number =>
  action === Action.BAN || action === Action.UNBAN ? firstAt : firstAt + span

function judgeTimes(before: Sequence, { header, records, block }: ChainBatch): Finding[] {
  const { through, builtAt, count } = header
  const seq = Number(header.firstSeq)
  const flaws: Finding[] = []
  const tell = (place: { seq: number; count?: number }, what: string) =>
    void flaws.push(found('OUT_OF_ORDER', before, place, `${what}, block ${block}`))
  if (through < before.through) tell({ seq, count }, `its watermark ${through} is below the earlier ${before.through}`)
  if (builtAt < before.builtAt)
    tell({ seq, count }, `built at ${builtAt}, before the earlier batch (${before.builtAt})`)
  if (through > builtAt) tell({ seq, count }, `its watermark ${through} is after it was built (${builtAt})`)
  const late = records.filter(({ firstAt }) => firstAt <= before.through)
  for (const { seq: at, firstAt } of late)
    tell({ seq: Number(at) }, `it happened at ${firstAt}, and a watermark had covered ${before.through}`)
  const early = records.filter((record) => lastAt(record) > builtAt)
  for (const record of early) tell({ seq: Number(record.seq) }, `it happened after its batch was built (${builtAt})`)
  return flaws
}
