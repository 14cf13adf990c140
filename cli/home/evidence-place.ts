/** @module Where this home's evidence is: its own SQLite file, or the PostgreSQL database that it shares. */
import { openEvidenceStore } from '../../records/store/open-store.ts'
import type { EvidenceStore } from '../../records/store/port.ts'
import type { Config } from '../config.ts'
import type { Home } from './home.ts'

/** Returns a path or a postgres:// URL. */
export const evidencePlace = (home: Home, config: Pick<Config, 'FLYTRAP_EVIDENCE_URL'>): string =>
  config.FLYTRAP_EVIDENCE_URL ?? home.path('evidence.sqlite')

/** Opens the store for one piece of work; the running `up` may have it open too. Rejects RecordsError. */
export async function withEvidence<T>(where: string, work: (store: EvidenceStore) => Promise<T>): Promise<T> {
  const store = await openEvidenceStore(where)
  try {
    return await work(store)
  } finally {
    store.close()
  }
}
