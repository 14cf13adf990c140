/** @module The record bytes of the batches that a period needs, put together again from the Access events. */
import { decodeLog, type EventOf } from '../../contracts/abi/events.ts'
import { fromHex, type Hex, keccak256, toHex } from '../../domain/bytes.ts'
import { inconsistent } from '../errors.ts'
import type { ReportSource } from '../source.ts'
import type { BundleBatch } from '../verify/format/bundle.ts'

export interface NeededBatches {
  /** The recorder's number. */
  id: number
  batches: BundleBatch[]
}

/** Sets `records` on each batch. Rejects CHAIN_INCONSISTENT where the events do not hash to what the batch says. */
export async function attachRecords(source: ReportSource, needed: readonly NeededBatches[]): Promise<void> {
  const all = needed.flatMap(({ batches }) => batches)
  const parts = new Map<BundleBatch, string[]>(all.map((batch) => [batch, []]))
  for await (const { args } of accessesOf(source, all)) {
    const batch = batchOf(needed, Number((args.packed >> 64n) & 0xffff_ffffn), Number(BigInt.asUintN(64, args.packed)))
    const meta = args.packed.toString(16).padStart(64, '0').slice(0, 40)
    if (batch !== undefined) parts.get(batch)?.push(args.account.slice(2), args.topicId.slice(2), meta)
  }
  for (const [batch, words] of parts) setRecords(batch, `0x${words.join('')}`)
}

async function* accessesOf(source: ReportSource, batches: readonly BundleBatch[]): AsyncGenerator<EventOf<'Access'>> {
  if (batches.length === 0) return
  const numbers = batches.map(({ blockNumber }) => blockNumber)
  const range = { fromBlock: Math.min(...numbers), toBlock: Math.max(...numbers), names: ['Access'] as const }
  for await (const logs of source.logs(range)) {
    for (const log of logs) {
      const event = decodeLog(log)
      if (event?.name !== 'Access') throw inconsistent(`log ${log.logIndex} of block ${log.blockNumber} is no access`)
      yield event
    }
  }
}

/** Binary search: a recorder's batches are gap-free and in the order of their sequences. */
function batchOf(needed: readonly NeededBatches[], recorderId: number, seq: number): BundleBatch | undefined {
  const batches = needed.find(({ id }) => id === recorderId)?.batches ?? []
  let [low, high] = [0, batches.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const batch = batches[middle]!
    if (seq < batch.firstSeq) high = middle - 1
    else if (seq >= batch.firstSeq + batch.count) low = middle + 1
    else return batch
  }
  return undefined
}

function setRecords(batch: BundleBatch, records: Hex): void {
  if (toHex(keccak256(fromHex(records))) !== batch.recordsHash) {
    throw inconsistent(`the accesses of transaction ${batch.transactionHash} are not those of its batch`)
  }
  batch.records = records
}
