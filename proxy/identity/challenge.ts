/**
 * @module Enhanced authentication (DESIGN section 5.1): the proxy's nonce, signed with the host name that the device
 * dialled, so that a proxy in the middle cannot pass it on. The proxy's clock alone decides: devices need none.
 */
import { randomBytes } from 'node:crypto'
import { type Address, type Bytes32, toHex } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { encodeChallenge, parseChallengeAnswer } from '../../domain/login-bytes.ts'
import { CHALLENGE_SECONDS, type Deployment, loginDigest } from '../../domain/typed-data.ts'
import { recoverSigner } from './recover.ts'
import { actorOf, type IsDeviceOf, type LoginVerdict, refused } from './verdict.ts'

/** One challenge of one connection. It serves once: the connection forgets it with the first answer. */
export interface Challenge {
  nonce: Bytes32
  /** Unix seconds. */
  expiresAt: number
  /** What the proxy's AUTH carries. */
  data: Uint8Array
}

export function createChallenge(now: number): Challenge {
  const nonce = toHex(randomBytes(32))
  const expiresAt = now + CHALLENGE_SECONDS
  return { nonce, expiresAt, data: encodeChallenge(nonce, expiresAt) }
}

export interface ChallengeAnswer {
  challenge: Challenge
  answer: Uint8Array
  wallet: Address
  clientId: string
  deployment: Deployment
  /** Host names that this listener is dialled by, lower case. */
  audiences: readonly string[]
  /** Unix seconds. */
  now: number
  isDeviceOf: IsDeviceOf
}

export function verifyChallengeAnswer(login: ChallengeAnswer): LoginVerdict {
  const { challenge, wallet, clientId, deployment, audiences, now, isDeviceOf } = login
  const parsed = parseChallengeAnswer(login.answer)
  if (parsed === undefined) return refused(DenialReason.CREDENTIAL_MALFORMED)
  const { signature, audience } = parsed
  const { nonce, expiresAt } = challenge
  const signed = { wallet, clientId, audience, nonce, expiresAt }
  // The signer is recovered whatever else is wrong: refusals cost alike.
  const signer = recoverSigner(loginDigest(deployment, signed), signature)
  if (now >= challenge.expiresAt) return refused(DenialReason.CHALLENGE_EXPIRED)
  if (!audiences.includes(audience)) return refused(DenialReason.AUDIENCE_UNKNOWN)
  if (signer === undefined) return refused(DenialReason.SIGNATURE_INVALID)
  const actor = actorOf(wallet, signer, isDeviceOf)
  if (actor === undefined) return refused(DenialReason.SIGNER_NOT_AUTHORIZED)
  return { outcome: 'proved', identity: { wallet, ...actor }, proof: { kind: 'login', ...signed, signature } }
}
