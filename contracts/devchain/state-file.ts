/**
 * @module The embedded chain's state on disk. Each dump holds the whole chain and replaces the last one atomically, so
 * that a kill at any instant leaves a whole file: the new one or the one before.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'

export class StateFileError extends Error {
  override readonly name = 'StateFileError'
  readonly code = 'CHAIN_STATE_DAMAGED'
}

/** Writes what `anvil_dumpState` answered: hex of gzipped JSON. Durable when it returns. */
export function writeState(path: string, dump: string): void {
  const state = gunzipSync(Buffer.from(dump.slice(2), 'hex'))
  const scratch = `${path}.tmp`
  const file = openSync(scratch, 'w', 0o600)
  try {
    for (let written = 0; written < state.length; ) written += writeSync(file, state, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(scratch, path)
  syncFolder(dirname(path))
}

/** Throws StateFileError when the file is there but is no whole state; touches nothing. */
export function assertStateReadable(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    const state: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof state === 'object' && state !== null && 'accounts' in state) return true
  } catch {
    // told below
  }
  const remedy = 'Restore it from a backup, or move the whole home away to begin a new chain: nothing was overwritten.'
  throw new StateFileError(`The embedded chain's state ${path} is damaged. ${remedy}`)
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
