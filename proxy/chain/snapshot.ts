/** @module The settled view on disk, so that a start need not fold from the deployment. Lost or foreign: folded again. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { View, type ViewSnapshot } from '../../domain/view.ts'
import type { BlockRef, ChainViewOptions } from './chain-view.ts'

interface SnapshotFile {
  version: 1
  deployment: string
  block: BlockRef
  view: ViewSnapshot
}

type Place = Pick<ChainViewOptions, 'snapshotPath' | 'chainId' | 'contract' | 'deployBlock' | 'log'>

const deploymentOf = ({ chainId, contract, deployBlock }: Place): string => `${chainId}/${contract}/${deployBlock}`

/** Returns the saved view with its block, or undefined: absent, damaged, of another deployment or version. */
export function loadSnapshot(place: Place): { block: BlockRef; view: View } | undefined {
  try {
    const file = JSON.parse(readFileSync(place.snapshotPath, 'utf8')) as SnapshotFile
    if (file.version !== 1 || file.deployment !== deploymentOf(place)) return undefined
    return { block: file.block, view: View.restore(file.view) }
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isAbsent) place.log.warn({ err: error }, 'view snapshot unreadable: folding from the deployment')
    return undefined
  }
}

/** Replaces the file whole: a crash leaves the one before. */
export function saveSnapshot(place: Place, { block, view }: { block: BlockRef; view: View }): void {
  const file: SnapshotFile = { version: 1, deployment: deploymentOf(place), block, view: view.snapshot() }
  const scratch = `${place.snapshotPath}.tmp`
  writeFileSync(scratch, JSON.stringify(file), { mode: 0o600 })
  renameSync(scratch, place.snapshotPath)
}
