/** @module Purpose texts: the chain holds their salted hash, the evidence store their text and salt, erasable. */
import { randomBytes } from 'node:crypto'
import { type Address, type Bytes32, toHex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { purposeHash, purposeKey } from '../../domain/evidence.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { withEvidence } from '../home/evidence-place.ts'

export interface PreparedPurpose {
  /** Zero for no text. */
  commitment: Bytes32
  /** Keeps the text. Before the commitment is sent: a crash in between leaves a text without a grant, never the reverse. */
  keep(): Promise<void>
}

export interface PurposeOf {
  filter: string
  account: Address
}

/** `where`: the evidence store's place. The words are kept for rights of that account on that topic alone. */
export function preparePurpose(
  where: string,
  { filter, account }: PurposeOf,
  text: string | undefined,
): PreparedPurpose {
  if (text === undefined) return { commitment: ZERO_BYTES32, keep: async () => {} }
  const purpose = { lang: 'en', text }
  const salt = randomBytes(32)
  const commitment = toHex(purposeHash(salt, purpose))
  const key = purposeKey({ topicId: topicIdOf(filter), account, purpose: commitment })
  const deposit = { key, ...purpose, salt: toHex(salt) }
  return {
    commitment,
    keep: () => withEvidence(where, (store) => store.putPurpose(deposit)),
  }
}
