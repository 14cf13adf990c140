/** @module Where this home's evidence is: its own SQLite file, or the PostgreSQL database that it shares. */
import { existsSync, rmSync } from 'node:fs'
import { z } from 'zod'
import type { Bytes32 } from '../../domain/bytes.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import type { EvidenceStore } from '../../records/store/port.ts'
import type { Config } from '../config.ts'
import { readJson } from './files.ts'
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

const Deposits = z.record(
  z.string().regex(/^0x[0-9a-f]{64}$/),
  z.object({ lang: z.string(), text: z.string(), salt: z.string().regex(/^0x[0-9a-f]{64}$/) }),
)

/** Moves purposes from the file of earlier versions, which no erasure reached; a crash in between moves them again. */
export async function adoptPurposes(home: Home, where: string): Promise<void> {
  const path = home.path('purposes.json')
  if (!existsSync(path)) return
  const deposits = Object.entries(Deposits.parse(readJson(path)))
  await withEvidence(where, async (store) => {
    for (const [commitment, { lang, text, salt }] of deposits)
      await store.putPurpose({ commitment: commitment as Bytes32, lang, text, salt: salt as Bytes32 })
  })
  rmSync(path)
}
