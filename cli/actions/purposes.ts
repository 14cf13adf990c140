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

/** Keeps the text and returns its commitment; zero for no text. */
export function depositPurpose(home: Home, purpose: { lang: string; text: string } | undefined): Bytes32 {
  if (purpose === undefined) return ZERO_BYTES32
  const salt = randomBytes(32)
  const commitment = toHex(purposeHash(salt, purpose))
  const path = home.path('purposes.json')
  const kept = (readJson(path) ?? {}) as Record<string, Deposit>
  writeJson(path, { ...kept, [commitment]: { ...purpose, salt: toHex(salt) } })
  return commitment
}
