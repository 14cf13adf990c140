/** @module A device's twin logs in at the broker that is its own, or at one that stands in for it. */
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import type { Dial } from './dial.ts'
import { greetBroker, leaveBroker } from './greet.ts'
import type { BrokerPool } from './pool.ts'
import type { BrokerTarget } from './target.ts'

export interface TwinLogin {
  pool: Pick<BrokerPool, 'candidates'>
  version: 4 | 5
  /** As the brokers know the device. */
  clientId: string
  dial: Dial
  /** Each broker has its own login. */
  connectFor(target: BrokerTarget): ConnectPacket
  timeoutMs: number
  /** The device may leave meanwhile. */
  isWanted(): boolean
  /** Told of each broker that was left again without a refusal: whether it heard so, and drops the Will. */
  onLeft?(heard: Promise<boolean>): void
  log: Logger
}

export type TwinAnswer =
  /** Whoever takes the socket attaches to it at once, or leaves the broker. */
  | { kind: 'accepted'; connack: ConnackPacket; socket: Socket; broker: string }
  /** By the broker, for what the device asked of it. */
  | { kind: 'refused'; reasonCode: number }
  | { kind: 'unavailable' }

/** Never rejects. All attempts together take no longer than `timeoutMs`. */
export async function logInTwin(login: TwinLogin): Promise<TwinAnswer> {
  const { pool, version, clientId, dial, connectFor, timeoutMs, isWanted, onLeft, log } = login
  const endsAt = performance.now() + timeoutMs
  const candidates = pool.candidates(version, clientId)
  for (const [i, watch] of candidates.entries()) {
    if (!isWanted()) break
    const share = (endsAt - performance.now()) / (candidates.length - i) // a silent broker must leave time for the next
    const greeting = await greetBroker(watch.target, connectFor(watch.target), share, { dial, isWanted })
    if (greeting.kind === 'accepted') {
      if (isWanted()) return { ...greeting, broker: watch.name }
      onLeft?.(leaveBroker(greeting.socket, version))
      break
    }
    if (greeting.kind === 'failed' && 'heard' in greeting) onLeft?.(greeting.heard)
    if (greeting.kind === 'failed' && greeting.why === 'unwanted') break
    if (greeting.kind === 'refused' && ABOUT_THE_DEVICE.has(greeting.reasonCode)) return greeting
    log.warn({ broker: watch.name, greeting }, 'broker unavailable')
    watch.suspect()
  }
  return { kind: 'unavailable' }
}

/** Another broker would not help, and the device can do something about it. The rest is between the broker and us. */
const ABOUT_THE_DEVICE: ReadonlySet<number> = new Set([
  Reason.UNSUPPORTED_PROTOCOL_VERSION,
  Reason.CLIENT_IDENTIFIER_NOT_VALID,
  Reason.TOPIC_NAME_INVALID,
  Reason.PACKET_TOO_LARGE,
  Reason.PAYLOAD_FORMAT_INVALID,
  Reason.RETAIN_NOT_SUPPORTED,
  Reason.QOS_NOT_SUPPORTED,
])
