/** @module What fails outside is said by its code: nothing was done, or it is done again by itself. */
import { isLost } from '../contracts/rpc/json-rpc.ts'
import { RecordsError } from '../records/port.ts'
import { refuse } from './errors.ts'

/** Rejects CHAIN_UNREACHABLE, EVIDENCE_NOT_AVAILABLE, RECORDS_UNAVAILABLE; else what `ask` rejects with. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isLost(error)) refuse('CHAIN_UNREACHABLE', 'The chain cannot be asked what you may do. Ask again soon.')
    if (!(error instanceof RecordsError)) throw error
    const isStore = error.code === 'STORE_UNREACHABLE' || error.code === 'STORE_BUSY'
    if (isStore)
      refuse('EVIDENCE_NOT_AVAILABLE', 'The evidence store cannot be reached. Nothing was done; ask again soon.')
    refuse(
      'RECORDS_UNAVAILABLE',
      'This gateway cannot record now, so it does nothing that must be recorded. Ask again soon, or tell the operator.',
    )
  }
}
