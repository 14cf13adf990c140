/** @module Purpose texts: the chain holds their salted hash, the home their text and salt, erasable. */
import { randomBytes } from 'node:crypto'
import { type Bytes32, toHex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { purposeHash } from '../../domain/evidence.ts'
import { readJson, writeJson } from '../home/files.ts'
import type { Home } from '../home/home.ts'

interface Deposit {
  lang: string
  text: string
  salt: string
}

export interface PreparedPurpose {
  /** Zero for no text. */
  commitment: Bytes32
  /** Keeps the text. Before the commitment is sent: a crash in between leaves a text without a grant, never the reverse. */
  keep(): void
}

export function preparePurpose(home: Home, text: string | undefined): PreparedPurpose {
  if (text === undefined) return { commitment: ZERO_BYTES32, keep: () => {} }
  const purpose = { lang: 'en', text }
  const salt = randomBytes(32)
  const commitment = toHex(purposeHash(salt, purpose))
  return {
    commitment,
    keep() {
      const path = home.path('purposes.json')
      const kept = (readJson(path) ?? {}) as Record<string, Deposit>
      writeJson(path, { ...kept, [commitment]: { ...purpose, salt: toHex(salt) } })
    },
  }
}
