/** @module Opens the evidence store where it is: a SQLite file, or a PostgreSQL database by its URL. */
import type { StoreOwner } from './owner.ts'
import type { EvidenceReader, EvidenceStore } from './port.ts'
import { openSqliteReader, openSqliteStore } from './sqlite/sqlite-store.ts'

const isPostgres = (where: string): boolean => /^postgres(ql)?:\/\//.test(where)

/** Opens for writing; whose evidence it is may be left to who comes first. Rejects RecordsError. */
export async function openEvidenceStore(where: string, owner?: StoreOwner): Promise<EvidenceStore> {
  return isPostgres(where) ? openPostgres(where, owner) : openSqliteStore(where, owner)
}

/** Opens for reading, while another process may be writing. Rejects RecordsError. */
export async function openEvidence(where: string): Promise<EvidenceReader> {
  return isPostgres(where) ? openPostgres(where) : openSqliteReader(where)
}

/** Loaded only where it is used. */
async function openPostgres(url: string, owner?: StoreOwner): Promise<EvidenceStore> {
  const { openPostgresStore } = await import('./postgres/postgres-store.ts')
  return openPostgresStore(url, owner)
}
