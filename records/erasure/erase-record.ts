/** @module The record that comes before an erasure. Pure. */
import { concat, fromHex, sha256, toHex, utf8, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import type { Access } from '../port.ts'
import type { Scope } from '../store/port.ts'

/** The ERASE record: on chain it says that something was erased; its evidence binds the order without telling it. */
export function eraseRecord(id: `0x${string}`, scope: Scope): Access {
  const request = toHex(sha256(concat(fromHex(id), utf8(canonicalJson(scope)))))
  const verdict = { outcome: Outcome.ALLOWED, denialReason: DenialReason.NONE }
  const about = { account: ZERO_ADDRESS, topicId: ZERO_BYTES32, grantId: 0 }
  return { action: Action.ERASE, ...verdict, ...about, evidence: { request } }
}
