/** @module The settled view on disk, so that a start need not fold from the deployment. Lost or foreign: folded again. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { View, type ViewSnapshot, viewReplacer, viewReviver } from '../../domain/view.ts'

export interface BlockRef {
  number: number
  hash: Bytes32
}

/** Where a view is saved, and of which deployment it is. */
export interface SnapshotPlace {
  snapshotPath: string
  contract: Address
  chainId: bigint
  deployBlock: number
  entriesPerName?: number
  log: Logger
}

interface SnapshotFile {
  version: 3
  deployment: string
  /** Null: all were kept. */
  entriesPerName: number | null
  block: BlockRef
  view: ViewSnapshot
}

const deploymentOf = ({ chainId, contract, deployBlock }: SnapshotPlace): string =>
  `${chainId}/${contract}/${deployBlock}`

/** Returns the saved view with its block, or undefined: absent, damaged, of another deployment or version. */
export function loadSnapshot(place: SnapshotPlace): { block: BlockRef; view: View } | undefined {
  try {
    const file = JSON.parse(readFileSync(place.snapshotPath, 'utf8'), viewReviver) as SnapshotFile
    if (file.version !== 3 || file.deployment !== deploymentOf(place)) return undefined
    const limit = place.entriesPerName ?? Number.POSITIVE_INFINITY
    // More room than it was made with: only the whole history tells what it lacks.
    if (file.view.shortfalls.length > 0 && limit > (file.entriesPerName ?? 0)) return undefined
    return { block: file.block, view: View.restore(file.view, limit) }
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isAbsent) place.log.warn({ err: error }, 'view snapshot unreadable: folding from the deployment')
    return undefined
  }
}

/** Replaces the file whole: a crash leaves the one before. */
export function saveSnapshot(place: SnapshotPlace, { block, view }: { block: BlockRef; view: View }): void {
  const entriesPerName = Number.isFinite(view.entriesPerName) ? view.entriesPerName : null
  const file: SnapshotFile = {
    version: 3,
    deployment: deploymentOf(place),
    entriesPerName,
    block,
    view: view.snapshot(),
  }
  const scratch = `${place.snapshotPath}.tmp`
  writeFileSync(scratch, JSON.stringify(file, viewReplacer), { mode: 0o600 })
  renameSync(scratch, place.snapshotPath)
}
