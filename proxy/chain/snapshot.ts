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
  log: Logger
}

interface SnapshotFile {
  version: 2
  deployment: string
  block: BlockRef
  view: ViewSnapshot
}

const deploymentOf = ({ chainId, contract, deployBlock }: SnapshotPlace): string =>
  `${chainId}/${contract}/${deployBlock}`

/** Returns the saved view with its block, or undefined: absent, damaged, of another deployment or version. */
export function loadSnapshot(place: SnapshotPlace): { block: BlockRef; view: View } | undefined {
  try {
    const file = JSON.parse(readFileSync(place.snapshotPath, 'utf8'), viewReviver) as SnapshotFile
    if (file.version !== 2 || file.deployment !== deploymentOf(place)) return undefined
    return { block: file.block, view: View.restore(file.view) }
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isAbsent) place.log.warn({ err: error }, 'view snapshot unreadable: folding from the deployment')
    return undefined
  }
}

/** Replaces the file whole: a crash leaves the one before. */
export function saveSnapshot(place: SnapshotPlace, { block, view }: { block: BlockRef; view: View }): void {
  const file: SnapshotFile = { version: 2, deployment: deploymentOf(place), block, view: view.snapshot() }
  const scratch = `${place.snapshotPath}.tmp`
  writeFileSync(scratch, JSON.stringify(file, viewReplacer), { mode: 0o600 })
  renameSync(scratch, place.snapshotPath)
}
