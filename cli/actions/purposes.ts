/** @module Purpose texts: the chain holds their salted hash, the evidence store their text and salt, erasable. */
import { randomBytes } from 'node:crypto'
import { type Bytes32, toHex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { purposeHash } from '../../domain/evidence.ts'
import { withEvidence } from '../home/evidence-place.ts'

export interface PreparedPurpose {
  /** Zero for no text. */
  commitment: Bytes32
  /** Keeps the text. Before the commitment is sent: a crash in between leaves a text without a grant, never the reverse. */
  keep(): Promise<void>
}

/** `where`: the evidence store's place. */
export function preparePurpose(where: string, text: string | undefined): PreparedPurpose {
  if (text === undefined) return { commitment: ZERO_BYTES32, keep: async () => {} }
  const purpose = { lang: 'en', text }
  const salt = randomBytes(32)
  const commitment = toHex(purposeHash(salt, purpose))
  const deposit = { commitment, ...purpose, salt: toHex(salt) }
  return {
    commitment,
    keep: () => withEvidence(where, (store) => store.putPurpose(deposit)),
  }
}
