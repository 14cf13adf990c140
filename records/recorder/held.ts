/** @module Which of the journal's batches the chain holds, and what follows from it: a place noted, or all forgotten. */
import type { BuiltBatch } from '../batch/built-batch.ts'
import { passCrashPoint } from '../crash-points.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { finalByState, type Sources } from './belief.ts'
import { heldByChain, type RecorderOnChain, readRecorder } from './chain-state.ts'

export interface Finality {
  thread: JournalThread
  confirmations: number
  /** On the embedded chain: is this block in a dump on disk? */
  isBlockSafe: (block: number) => boolean
}

export interface Held {
  /** How many of the pending batches this round's endpoint holds. */
  here: number
  /** How many it or the other one holds: what only that one sees is not sent again. */
  anywhere: number
}

/** Rejects where both show a head that is none of the journal's. */
export async function heldOf(
  { witness, contract, recorder }: Sources,
  pending: readonly BuiltBatch[],
  { head }: RecorderOnChain,
): Promise<Held> {
  const held = heldByChain(pending, head)
  const seen =
    witness === undefined ? undefined : await readRecorder(witness, contract, recorder).catch(() => undefined)
  const heldThere = seen === undefined ? undefined : heldByChain(pending, seen.head)
  if (held === undefined && heldThere === undefined)
    throw new Error(`the chain's head ${head} is none of this journal's batches`)
  return { here: held ?? 0, anywhere: Math.max(held ?? 0, heldThere ?? 0) }
}

/**
 * What the chain holds is forgotten once it is final; where it stands is noted as soon as it is seen. Returns the first
 * that is deep enough and not borne out at that depth, undefined for none.
 */
export async function settle(
  { thread, confirmations, isBlockSafe }: Finality,
  sources: Sources,
  held: readonly BuiltBatch[],
): Promise<BuiltBatch | undefined> {
  if (held.length === 0) return undefined
  const latest = Number(await sources.node.request<string>('eth_blockNumber'))
  // A batch whose receipt we missed stands in the latest block at the latest.
  await place(
    thread,
    held.filter(({ block }) => block === null),
    latest,
  )
  const isFinal = ({ block, copied }: BuiltBatch): boolean =>
    copied && block !== null && block + confirmations - 1 <= latest && isBlockSafe(block)
  // None is passed over: of one that could not be copied the journal has the only copy.
  const firstOpen = held.findIndex((batch) => !isFinal(batch))
  const deep = firstOpen === -1 ? held : held.slice(0, firstOpen)
  if (deep.length === 0) return undefined
  const final = Math.min(deep.length, await finalByState(sources, held, confirmations))
  const ids = deep.slice(0, final).map(({ id }) => id)
  if (ids.length > 0) {
    await thread.call({ kind: 'forget', ids })
    passCrashPoint('batch-forgotten')
  }
  return deep[final]
}

/** A batch that a reorg took off the chain has no block any more. */
export const unsettle = (thread: JournalThread, lost: readonly BuiltBatch[]): Promise<void> =>
  place(
    thread,
    lost.filter(({ block }) => block !== null),
    null,
  )

async function place(thread: JournalThread, batches: readonly BuiltBatch[], block: number | null): Promise<void> {
  const placed = batches.map(({ id }) => ({ id, block }))
  if (placed.length > 0) await thread.call({ kind: 'setBlocks', placed })
}
