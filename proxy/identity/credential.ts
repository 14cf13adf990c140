/** @module A credential in the password (DESIGN section 5.2): made beforehand, for devices that cannot sign. */
import type { Address } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import type { CredentialProof } from '../../domain/evidence.ts'
import { parseCredential } from '../../domain/login-bytes.ts'
import { credentialDigest, type Deployment, MAX_CREDENTIAL_SECONDS } from '../../domain/typed-data.ts'
import type { FailedLogins } from './failed-logins.ts'
import { recoverSigner } from './recover.ts'
import { actorOf, type IsDeviceOf, type LoginVerdict, refused, walletOfUserName } from './verdict.ts'

export interface CredentialLogin {
  userName: string
  password: string
  clientId: string
  deployment: Deployment
  /** Unix seconds. */
  now: number
  isDeviceOf: IsDeviceOf
  failedLogins: FailedLogins
}

/** Judges a credential. It is bound to the deployment and the client id by what was signed. */
export function verifyCredential(login: CredentialLogin): LoginVerdict {
  const { userName, password, clientId, deployment, failedLogins } = login
  const wallet = walletOfUserName(userName)
  const parsed = parseCredential(password)
  if (wallet === undefined || parsed === undefined) return refused(DenialReason.CREDENTIAL_MALFORMED)
  const { signature, ...terms } = parsed
  const credential = { wallet, clientId, ...terms }
  // The signer is recovered whatever else is wrong: refusals cost alike. Base64url and hex hold no line break.
  const key = `${wallet}\n${password}\n${clientId}`
  const signer = failedLogins.signer(key, () => recoverSigner(credentialDigest(deployment, credential), signature))
  const verdict = judge({ kind: 'credential', ...credential, signature }, signer, login)
  if (verdict.outcome === 'refused') failedLogins.remember(key, signer)
  return verdict
}

function judge(proof: CredentialProof, signer: Address | undefined, login: CredentialLogin): LoginVerdict {
  const { wallet, notBefore, expiresAt, id } = proof
  const { now, isDeviceOf } = login
  if (expiresAt - notBefore > MAX_CREDENTIAL_SECONDS) return refused(DenialReason.CREDENTIAL_TOO_LONG_LIVED)
  if (now < notBefore) return refused(DenialReason.CREDENTIAL_NOT_YET_VALID)
  if (now >= expiresAt) return refused(DenialReason.CREDENTIAL_EXPIRED)
  if (signer === undefined) return refused(DenialReason.SIGNATURE_INVALID)
  const actor = actorOf(wallet, signer, isDeviceOf)
  if (actor === undefined) return refused(DenialReason.SIGNER_NOT_AUTHORIZED)
  return { outcome: 'proved', identity: { wallet, ...actor, credentialId: id, expiresAt }, proof }
}
