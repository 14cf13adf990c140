/** @module All that a run of the tests leaves in the folder for temporary files lies in one folder, which goes with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Vitest's global setup: its workers and their children inherit the folder. Returns what removes it. */
export default function scratch(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ft-'))
  chmodSync(folder, 0o711) // where root runs the tests PostgreSQL is another user, and works below it
  process.env.TMPDIR = folder
  // A child that still ends may write while the folder goes.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
