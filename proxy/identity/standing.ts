/**
 * @module Does a proven identity still count? Asked at login, after every block that concerns it, and when its time is
 * over. Two views decide, the confirmed and the newest one: what either denies is denied. Pure.
 */
import type { Views } from '../../domain/authorize.ts'
import type { Address } from '../../domain/bytes.ts'
import type { ContractView } from '../../domain/contract-state.ts'
import { DenialReason } from '../../domain/enums.ts'
import type { Identity, IsDeviceOf } from './verdict.ts'

/** Returns why the identity does not count at `now` (Unix seconds), or undefined while it does. */
export function flawOfIdentity(identity: Identity, views: Views, now: number): DenialReason | undefined {
  if ((identity.expiresAt ?? Number.POSITIVE_INFINITY) <= now) return DenialReason.CREDENTIAL_EXPIRED
  return flawIn(views.newest, identity, now) ?? flawIn(views.confirmed, identity, now)
}

/** Returns the Unix second at which time alone ends it, if no event does before. */
export function endOfIdentity({ wallet, device, expiresAt }: Identity, { newest, confirmed }: Views): number {
  const own = expiresAt ?? Number.POSITIVE_INFINITY
  if (device === undefined) return own
  return Math.min(own, newest.deviceUntil(wallet, device), confirmed.deviceUntil(wallet, device))
}

/** Returns whether a key signs in for an owner at `now`: what a login asks. */
export const deviceKeys =
  ({ newest, confirmed }: Views, now: number): IsDeviceOf =>
  (owner: Address, device: Address) =>
    newest.deviceUntil(owner, device) > now && confirmed.deviceUntil(owner, device) > now

function flawIn(view: ContractView, identity: Identity, now: number): DenialReason | undefined {
  const { wallet, device, credentialId } = identity
  if (view.suspendedUntil(wallet) > now) return DenialReason.WALLET_SUSPENDED
  if (credentialId !== undefined && view.isCredentialRevoked(wallet, credentialId)) {
    return DenialReason.CREDENTIAL_REVOKED
  }
  if (device === undefined) return undefined
  const until = view.deviceUntil(wallet, device)
  if (until > now) return undefined
  return until === 0 ? DenialReason.DEVICE_KEY_REVOKED : DenialReason.DEVICE_KEY_EXPIRED
}
