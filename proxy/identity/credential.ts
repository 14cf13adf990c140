/** @module A credential in the password (DESIGN section 5.2): made beforehand, for devices that cannot sign. Pure. */
import { DenialReason } from '../../domain/enums.ts'
import { credentialDigest, type Deployment, MAX_CREDENTIAL_SECONDS, parseCredential } from '../../domain/typed-data.ts'
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
}

/** Judges a credential. It is bound to the deployment and the client id by what was signed. */
export function verifyCredential(login: CredentialLogin): LoginVerdict {
  const { userName, password, clientId, deployment, now, isDeviceOf } = login
  const wallet = walletOfUserName(userName)
  const parsed = parseCredential(password)
  if (wallet === undefined || parsed === undefined) return refused(DenialReason.CREDENTIAL_MALFORMED)
  const { notBefore, expiresAt, id, signature } = parsed
  if (expiresAt - notBefore > MAX_CREDENTIAL_SECONDS) return refused(DenialReason.CREDENTIAL_TOO_LONG_LIVED)
  if (now < notBefore) return refused(DenialReason.CREDENTIAL_NOT_YET_VALID)
  if (now >= expiresAt) return refused(DenialReason.CREDENTIAL_EXPIRED)

  const credential = { wallet, clientId, notBefore, expiresAt, id }
  const signer = recoverSigner(credentialDigest(deployment, credential), signature)
  if (signer === undefined) return refused(DenialReason.SIGNATURE_INVALID)
  const actor = actorOf(wallet, signer, isDeviceOf)
  if (actor === undefined) return refused(DenialReason.SIGNER_NOT_AUTHORIZED)
  return { outcome: 'proved', wallet, ...actor, expiresAt, proof: { kind: 'credential', ...credential, signature } }
}
