/** @module One change of the journal, in the order in which it was decided. */
import type { EntryState } from './entry.ts'

export type Operation =
  | { kind: 'record'; entry: EntryState; isPolicy?: boolean }
  | { kind: 'open'; window: number; entry: EntryState }
  | { kind: 'checkpoint'; window: number; entry: EntryState }
  | { kind: 'close'; window: number; entry: EntryState }
  | { kind: 'announce'; id: number; entry: EntryState }
  | { kind: 'settle'; id: number; entry: EntryState }
  | { kind: 'drop'; id: number }

/** Must not be lost when a commit fails. */
export const isEnd = ({ kind }: Operation): boolean => kind === 'close' || kind === 'settle' || kind === 'drop'

/**
 * Unix milliseconds of an access that nothing on disk tells of yet; undefined where something does: a window that closes
 * was opened there, and an announcement is recorded as of when it happens.
 */
export function untoldSince(operation: Operation): number | undefined {
  const { kind } = operation
  return kind === 'record' || kind === 'open' || kind === 'settle' ? operation.entry.firstMs : undefined
}
