/** @module How long an erasure waits for a reader of the file. */
import { RecordsError } from '../port.ts'

const TRIES = 20
const WAIT_MS = 250

/** A reader holds a file's log for as long as it reads: a few tries, then the next round. */
export async function patiently(erase: () => Promise<void>): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      return await erase()
    } catch (error) {
      if (!(error instanceof RecordsError) || error.code !== 'STORE_BUSY' || i === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  }
}
