/** @module The DISCONNECT that ends a connection of MQTT 5: its code for the machine, a sentence for the people. Pure. */
import type { Buffer } from 'node:buffer'
import { DenialReason } from '../../domain/enums.ts'
import { encodeWithin } from '../wire/encode.ts'
import type { ConnectPacket } from '../wire/packets.ts'
import type { PeerLimits } from './peer-limits.ts'

/** Who hears it. */
export interface Leaver {
  readonly version: 4 | 5
  readonly connect: ConnectPacket | undefined
  readonly deviceTakes: PeerLimits
}

const WORDS: Partial<Record<DenialReason, string>> = {
  [DenialReason.CREDENTIAL_EXPIRED]: 'The credential has expired: connect with a new one.',
  [DenialReason.CREDENTIAL_REVOKED]: 'The credential was revoked.',
  [DenialReason.DEVICE_KEY_EXPIRED]: 'The time of the device key is over: its owner can authorize it again.',
  [DenialReason.DEVICE_KEY_REVOKED]: 'The device key was revoked.',
  [DenialReason.WALLET_SUSPENDED]: 'The account is suspended by the broker owner.',
  [DenialReason.BANNED]: 'Banned for abuse: connect again when the ban is over.',
  [DenialReason.RATE_EXCEEDED]: 'There were too many attempts: connect again in a minute.',
  [DenialReason.VIEW_STALE]: 'Rights cannot be checked at the moment: connect again later.',
  [DenialReason.JOURNAL_UNAVAILABLE]: 'Accesses cannot be recorded at the moment: connect again later.',
  [DenialReason.BROKER_UNAVAILABLE]: 'The broker is gone: connect again.',
  [DenialReason.PACKET_TOO_LARGE]: 'A packet was larger than the Maximum Packet Size that CONNACK told.',
  [DenialReason.KEEP_ALIVE_TIMEOUT]: 'Nothing was heard for one and a half times the Keep Alive.',
  [DenialReason.SLOW_READER]: 'What was sent was not read.',
  [DenialReason.SHUTTING_DOWN]: 'The server is shutting down: connect again.',
}

/** One sentence for every failed proof: it tells nothing of how near a guess came. */
const NOT_PROVEN = 'Not authorized.'

export const wordsFor = (reason: DenialReason): string => WORDS[reason] ?? NOT_PROVEN

/**
 * Returns what the device is told; undefined where it has no word for it, or takes none so long. The sentence goes with it
 * only where the device wants to know and has room. [MQTT-3.1.2-24] [MQTT-3.1.2-29] [MQTT-3.14.2-3]
 */
export function farewellFor({ version, connect, deviceTakes }: Leaver, reasonCode: number, words: string) {
  if (version !== 5) return undefined
  const wantsWords = connect?.properties.requestProblemInformation !== false
  const properties = wantsWords ? { reasonString: words } : {}
  const bytes: Buffer = encodeWithin({ cmd: 'disconnect', reasonCode, properties }, 5, deviceTakes.maximumPacketSize)
  return bytes.length > deviceTakes.maximumPacketSize ? undefined : bytes
}
