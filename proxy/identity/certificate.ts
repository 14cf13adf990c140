/**
 * @module Mutual TLS (DESIGN section 5.3): the handshake proved possession of the certificate's key; whether that key
 * acts for the wallet that the user name claims stands on chain alone. Names in the certificate are hints, unread. Pure.
 */
import type { Address } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { type IsDeviceOf, type LoginVerdict, refused, walletOfUserName } from './verdict.ts'

export interface CertificateLogin {
  /** The owner wallet that the key is to act for. */
  userName: string | undefined
  clientId: string
  /** The address of the certificate's key. */
  device: Address
  isDeviceOf: IsDeviceOf
}

export function verifyCertificate({ userName, clientId, device, isDeviceOf }: CertificateLogin): LoginVerdict {
  const wallet = walletOfUserName(userName ?? '')
  if (wallet === undefined) return refused(DenialReason.CREDENTIAL_MALFORMED)
  if (!isDeviceOf(wallet, device)) return refused(DenialReason.SIGNER_NOT_AUTHORIZED)
  const proof = { kind: 'certificate', wallet, clientId, device } as const
  return { outcome: 'proved', identity: { wallet, device }, proof }
}
