/**
 * @module Where the history and the chain part after a reorganisation. What is below a shared block is shared too, so the
 * place is found in a few questions however deep it lies.
 */
import type { IndexedBlock } from './port.ts'

export interface SharedSearch {
  /** The history's last block at or below a number. */
  blockUpTo(number: number): IndexedBlock | undefined
  isOnChain(block: IndexedBlock): Promise<boolean>
}

/** Returns the last block of the history that is on the chain; undefined when none is. */
export async function lastShared(head: IndexedBlock, search: SharedSearch): Promise<IndexedBlock | undefined> {
  if (await search.isOnChain(head)) return head
  let [shared, gone] = [undefined as IndexedBlock | undefined, head.number]
  for (let step = 1; shared === undefined; step *= 2) {
    const block = search.blockUpTo(gone - step)
    if (block === undefined) break
    if (await search.isOnChain(block)) shared = block
    else gone = block.number
  }
  for (let low = shared?.number ?? -1; gone - low > 1; ) {
    const middle = (low + gone) >> 1
    const block = search.blockUpTo(middle)
    const isNew = block !== undefined && block.number > (shared?.number ?? -1)
    if (isNew && !(await search.isOnChain(block))) gone = block.number
    else [low, shared] = [middle, isNew ? block : shared]
  }
  return shared
}
