/** @module Whom a ban hits: a network, a wallet, or one client id of either, as bytes that become a pseudonym. Pure. */
import { type Address, type Bytes32, concat, fromHex, sha256, toHex, uint, utf8 } from '../../domain/bytes.ts'
import { parseCidr } from '../geo/cidr.ts'

export type BanTarget =
  | { kind: 'network'; network: string; clientId?: string }
  | { kind: 'wallet'; wallet: Address; clientId?: string }

/**
 * The topicId of a ban on a whole wallet, whose account is in the record: a fixed word, so that a proxy can ask the log
 * for these alone, among all records of accounts without a topic.
 */
export const WALLET_BAN_ID: Bytes32 = toHex(sha256(utf8('flytrap-ban-wallet')))

/**
 * Returns family u8 ‖ /32 or /64, for a client id of it followed by the id; a wallet has family 0. Undefined for a whole
 * wallet, which needs no pseudonym, and for what is no network.
 */
export function banMessage(target: BanTarget): Uint8Array | undefined {
  const { clientId } = target
  const name = clientId === undefined ? new Uint8Array() : utf8(clientId)
  if (target.kind === 'wallet') {
    return clientId === undefined ? undefined : concat(uint(0, 1), fromHex(target.wallet), name)
  }
  const network = parseCidr(target.network)
  if (network === undefined) return undefined
  const bytes = network.family === 4 ? uint(network.base, 4) : uint(network.base >> 64n, 8)
  return concat(uint(network.family, 1), bytes, name)
}
