/**
 * @module The places where a crash leaves a record half way, by name. Nothing happens there: the fault tests alone watch
 * them, and end the process at one.
 */

export const CRASH_POINTS = [
  /** Decided, and not on disk. */
  'committing',
  /** On disk, and nobody was told. */
  'committed',
  /** The batch stands in the journal, and nobody has heard of it. */
  'batch-built',
  /** The evidence is in both places, and the journal does not know. */
  'evidence-copied',
  /** The spending is noted, and nothing was sent. */
  'spending-noted',
  /** The batch is in a block, and the journal does not know. */
  'batch-mined',
  /** The journal knows the block, and keeps its copy. */
  'block-noted',
  /** The chain and the evidence store have it alone. */
  'batch-forgotten',
  /** A report that is to be anchored stands in the journal, and nothing was sent. */
  'issue-noted',
  /** The report's hash is in a block, and the journal does not know. */
  'issue-mined',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

let watch: (point: CrashPoint) => void = () => {}

export const passCrashPoint = (point: CrashPoint): void => watch(point)

export function watchCrashPoints(watcher: (point: CrashPoint) => void): void {
  watch = watcher
}
