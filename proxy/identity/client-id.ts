/** @module The client id toward the broker: no wallet can take over another's session, on any proxy (DESIGN section 6). */
import { Buffer } from 'node:buffer'
import type { Address } from '../../domain/bytes.ts'

/** [MQTT-1.5.4] A string has at most 65,535 bytes; brokers take far fewer, and ours must leave room for the prefix. */
export const MAX_CLIENT_ID_BYTES = 256

/** What a broker must be able to take. */
export const LONGEST_BROKER_CLIENT_ID = 27 + 1 + MAX_CLIENT_ID_BYTES

/** Returns `<wallet, 27 characters base64url>.<clientId>`. */
export const brokerClientId = (wallet: Address, clientId: string): string =>
  `${Buffer.from(wallet.slice(2), 'hex').toString('base64url')}.${clientId}`

/** Returns true when the id fits: not empty, at most 256 bytes. */
export function isClientIdAllowed(clientId: string): boolean {
  return clientId !== '' && Buffer.byteLength(clientId) <= MAX_CLIENT_ID_BYTES
}
