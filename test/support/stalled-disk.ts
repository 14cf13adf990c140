/** @module A journal whose disk takes nothing for a while: another holds the file's write lock, and commits wait for it. */
import Database from 'better-sqlite3'

/** Returns what ends the stall. SQLite waits 5 s for a lock, then the commit fails. */
export function stallDisk(journalPath: string): () => void {
  const other = new Database(journalPath, { timeout: 10_000 })
  other.exec('BEGIN IMMEDIATE')
  return () => {
    if (other.inTransaction) other.exec('ROLLBACK')
    other.close()
  }
}
