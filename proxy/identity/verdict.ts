/** @module What a login comes to: proven by whom, until when, with what evidence; or refused, alike to the device. */
import { type Address, type Hex, parseAddress } from '../../domain/bytes.ts'
import type { DenialReason } from '../../domain/enums.ts'
import type { Evidence } from '../../domain/evidence.ts'

/** A proven identity and what it rests on. */
export interface Identity {
  wallet: Address
  /** The device key that signed, when it is not the wallet itself. */
  device?: Address
  /** What `revokeCredential` names. */
  credentialId?: Hex
  /** Unix seconds at which the connection ends; absent: a login proves the moment, and lasts while connected. */
  expiresAt?: number
}

export type LoginVerdict =
  | { outcome: 'proved'; identity: Identity; proof: NonNullable<Evidence['proof']> }
  | { outcome: 'refused'; reason: DenialReason }

/** Is `device` an active device key of `owner`? */
export type IsDeviceOf = (owner: Address, device: Address) => boolean

/** Returns the wallet that a user name names, in lower case; undefined for anything but 0x and 40 hex digits. */
export const walletOfUserName = (userName: string): Address | undefined => parseAddress(userName)

export const refused = (reason: DenialReason): LoginVerdict => ({ outcome: 'refused', reason })

/** Returns who may act: the wallet itself, or its active device key. Undefined: somebody else signed. */
export function actorOf(wallet: Address, signer: Address, isDeviceOf: IsDeviceOf): { device?: Address } | undefined {
  if (signer === wallet) return {}
  return isDeviceOf(wallet, signer) ? { device: signer } : undefined
}
