/**
 * @module One device connection with its broker twin: what is known of the device, and how it ends. What a packet means
 * stands in handlers/.
 */
import type { Buffer } from 'node:buffer'
import type { Logger } from 'pino'
import { ZERO_BYTES32 } from '../domain/bytes.ts'
import { Action, DenialReason, enumName } from '../domain/enums.ts'
import { AckOrder } from './ack-order.ts'
import { networkOf } from './address.ts'
import { accessOf } from './connection/access-of.ts'
import { farewellFor, wordsFor } from './connection/farewell.ts'
import { InFlight } from './connection/in-flight.ts'
import type { ConnectionParts, Handlers, PendingWill, Phase } from './connection/parts.ts'
import { NO_LIMITS, type PeerLimits } from './connection/peer-limits.ts'
import { Sides } from './connection/sides.ts'
import { DecisionCache } from './decision-cache.ts'
import type { Place } from './geo/countries.ts'
import type { Challenge } from './identity/challenge.ts'
import type { Identity } from './identity/verdict.ts'
import type { KeptSession, SessionPlace } from './kept/session.ts'
import type { Accepted } from './listen/accepted.ts'
import type { Receipts } from './receipts.ts'
import type { SessionHolder } from './session-holders.ts'
import type { TopicAliases } from './topic-aliases.ts'
import { encodePacket } from './wire/encode.ts'
import type { Frame, Malformed } from './wire/frame.ts'
import type { ConnectPacket } from './wire/packets.ts'
import { Reason } from './wire/reason-codes.ts'

export class Connection extends Sides implements SessionHolder {
  readonly id: number
  readonly address: string
  readonly network: string
  /** Where it comes from, as the database and the rules say at present. */
  place: Place
  phase: Phase = 'connect'
  version: 4 | 5 = 4
  connect: ConnectPacket | undefined
  /** As the device knows it: assigned by us when it came without one. */
  clientId = ''
  identity: Identity | undefined
  /** Unix seconds at which time alone ends the identity. */
  endsAt = Number.POSITIVE_INFINITY
  /** Looks at the identity again, and cuts when it no longer counts. Set while in service. */
  review: (() => void) | undefined
  /** Told of each packet that is none, for the rules about abuse. */
  onMalformed: (() => void) | undefined
  /** Called once, when the connection closes. */
  readonly onEnd: (() => void)[] = []
  /** One at a time, forgotten with its first answer: a nonce serves once. */
  challenge: Challenge | undefined
  will: PendingWill | undefined
  /** Whether each broker that was left again during the login has heard so: none of them fires the Will then. */
  readonly left: Promise<boolean>[] = []
  /** Sequence of the CONNECT or AUTHENTICATE record that stands behind all that follows. */
  behind = 0
  /** Only who asks has them. */
  receipts: Receipts | undefined
  isBeingTakenOver = false
  /** Seconds; 0 is off. */
  keepAlive = 0
  /** Where its session stands, if that outlives the connection. */
  keptSession: KeptSession | undefined
  /** Shared subscriptions that stand at the broker, as the device wrote them. */
  readonly shared = new Set<string>()
  /** Those that it should have left, and that the broker did not end. */
  readonly stuck = new Set<string>()
  readonly inFlight = new InFlight()
  readonly acks: AckOrder
  readonly publishCache = new DecisionCache()
  readonly deliverCache = new DecisionCache()
  /** Only who uses topic aliases has them. */
  aliasesFromDevice: TopicAliases | undefined
  aliasesFromBroker: TopicAliases | undefined
  /** What the device announced in its CONNECT. */
  deviceTakes: PeerLimits = NO_LIMITS
  /** How many PUBLISH packets came. */
  publishes = 0
  isDraining = false
  /** The session of before that the broker had of it: it may hold what this connection has not seen. */
  resumed: SessionPlace | undefined
  /** The pieces of a large delivery that come now go nowhere. */
  isWithholding = false
  readonly #handlers: Handlers<Connection>
  readonly #onClose: () => void

  constructor(id: number, accepted: Accepted, { context, handlers, onClose }: ConnectionParts<Connection>) {
    super(accepted, context)
    this.id = id
    this.#handlers = handlers
    this.#onClose = onClose
    this.address = accepted.address
    this.network = networkOf(accepted.address)
    this.place = context.countries.locate(accepted.address)
    this.acks = new AckOrder({ send: (bytes) => this.reply(bytes), asker: this.devicePump })
  }

  /** Made when there is something to say: a fleet of idle devices has nothing. */
  get log(): Logger {
    return this.context.log.child({ connectionId: this.id })
  }

  /** Bytes that it keeps: what waits, and what is remembered of messages that the broker holds. */
  get memory(): number {
    return this.buffered + (this.inFlight.unreleased?.bytes ?? 0)
  }

  /** The database or the overrides changed: what was decided for another country is decided anew. */
  relocate(): void {
    const place = this.context.countries.locate(this.address)
    if (place.country === this.place.country && place.geoDate === this.place.geoDate) return
    this.place = place
    this.publishCache.clear()
    this.deliverCache.clear()
    for (const names of [this.aliasesFromDevice, this.aliasesFromBroker, this.inFlight.unreleased]) names?.undecide()
    this.context.journal.closeConnection(this.id) // a record names one country
  }

  /** Refuses bytes that are no packet. Nothing of them reached anybody. [MQTT-4.13.1-1] */
  refuseMalformed({ reasonCode, why }: Malformed): void {
    this.context.counters.count(`malformed:${reasonCode}`)
    this.onMalformed?.()
    this.log.debug({ reasonCode, why }, 'malformed packet')
    const reason =
      reasonCode === Reason.PACKET_TOO_LARGE ? DenialReason.PACKET_TOO_LARGE : DenialReason.MALFORMED_PACKET
    const words = `What came is no packet that may come here: ${why}.`
    this.cut(reasonCode === Reason.PROTOCOL_ERROR ? DenialReason.PROTOCOL_ERROR : reason, reasonCode, words)
  }

  /** Ends a connection in service for a reason of ours: recorded, and no Will fires. */
  cut(reason: DenialReason, reasonCode: number, words = wordsFor(reason)): void {
    if (this.phase === 'closed') return
    this.context.counters.count(`cut:${enumName(DenialReason, reason)}`)
    if (this.phase === 'open') {
      const access = accessOf(this, Action.CUT, { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 })
      this.context.journal.record(access).catch((error: unknown) => this.log.error({ err: error }, 'CUT not recorded'))
      this.#sayGoodbye(reasonCode, words)
    }
    // A device that went silent is what a Will is for; all else that we cut is not. [MQTT-3.1.2-8]
    this.close({ cleanly: reason !== DenialReason.KEEP_ALIVE_TIMEOUT })
  }

  /** The broker is gone or talks nonsense. What it did not acknowledge, the device is not told to be acknowledged. */
  loseBroker(why: string): void {
    if (this.phase === 'closed') return
    if (this.isBeingTakenOver) return this.endTakenOver()
    this.log.info({ why }, 'broker connection lost')
    this.context.counters.count('broker:lost')
    this.will?.settle('unknown')
    this.cut(DenialReason.BROKER_UNAVAILABLE, Reason.UNSPECIFIED_ERROR)
  }

  /** The same wallet came again under the same client id. No cut of ours: its Will fires. [MQTT-3.1.4-3] */
  endTakenOver(): void {
    if (this.phase === 'closed') return
    this.context.counters.count('taken-over')
    this.#sayGoodbye(Reason.SESSION_TAKEN_OVER, 'The same client connected again.')
    this.close()
  }

  /** `cleanly`: the broker gets a DISCONNECT, so that it publishes no Will; one that may not fire gets the same. [MQTT-3.14.4-3] */
  close({ cleanly = false, goodbye = this.#plainGoodbye() }: { cleanly?: boolean; goodbye?: Buffer } = {}): void {
    if (this.phase === 'closed') return
    const before = this.phase
    const firesWill = before === 'open' && !cleanly && this.will?.mayFire() === true
    this.phase = 'closed'
    if (firesWill) this.will?.settle('happened')
    // While the broker is asked to let it in, whoever asks knows what became of the Will.
    else if (this.will !== undefined && before !== 'dial') this.dropWill(goodbye)
    else if (before === 'open' && cleanly) this.broker?.send(goodbye)
    this.endBoth()
    this.context.journal.closeConnection(this.id)
    for (const end of this.onEnd) end()
    this.inFlight.abandon()
    this.#onClose()
  }

  /** Settles the Will of which the broker is told, as it is left, that it must not fire: it may not hear that. */
  dropWill(goodbye = this.#plainGoodbye()): void {
    const { will, broker, left, context } = this
    if (will === undefined) return
    if (broker !== undefined) left.push(broker.leave(goodbye))
    context.unsettled.add(Promise.all(left).then((heard) => will.settle(heard.every(Boolean) ? 'dropped' : 'unknown')))
  }

  #plainGoodbye(): Buffer {
    return encodePacket({ cmd: 'disconnect', reasonCode: Reason.SUCCESS, properties: {} }, this.version)
  }

  protected onDeviceFrame(frame: Frame): Promise<void> | undefined {
    return this.#handlers.device(this, frame)
  }

  protected onBrokerFrame(frame: Frame): Promise<void> | undefined {
    return this.#handlers.broker(this, frame)
  }

  #sayGoodbye(reasonCode: number, words: string): void {
    const farewell = farewellFor(this, reasonCode, words)
    if (farewell !== undefined) this.toDevice.write(farewell)
  }

  protected fail(error: unknown): void {
    this.log.error({ err: error }, 'connection failed')
    this.context.counters.count('failed')
    this.cut(DenialReason.JOURNAL_UNAVAILABLE, Reason.QUOTA_EXCEEDED)
  }
}
