/**
 * @module One device connection with its broker twin: the sockets, what is known of the device, and how it ends. What a
 * packet means stands in handlers/.
 */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Decision } from '../domain/authorize.ts'
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../domain/bytes.ts'
import { Action, DenialReason, enumName, Outcome } from '../domain/enums.ts'
import type { Evidence } from '../domain/evidence.ts'
import type { Access } from '../records/port.ts'
import { AckOrder } from './ack-order.ts'
import { networkOf } from './address.ts'
import { clock } from './clock.ts'
import type { ProxyContext } from './context.ts'
import { DecisionCache } from './decision-cache.ts'
import type { Place } from './geo/countries.ts'
import type { Challenge } from './identity/challenge.ts'
import type { Identity } from './identity/verdict.ts'
import type { Accepted } from './listen/accepted.ts'
import { Outlet } from './outlet.ts'
import { PacketIds } from './packet-ids.ts'
import { PacketPump } from './pump.ts'
import type { SessionHolder } from './session-holders.ts'
import { MAX_TOPIC_ALIASES, type TopicAliases } from './topic-aliases.ts'
import { encodePacket, PINGREQ } from './wire/encode.ts'
import type { Frame, Malformed } from './wire/frame.ts'
import type { ConnectPacket } from './wire/packets.ts'
import type { Properties } from './wire/properties.ts'
import { Reason } from './wire/reason-codes.ts'

/** Before CONNECT, waiting for AUTH, logging in at the broker, in service, gone. */
export type Phase = 'connect' | 'authenticate' | 'dial' | 'open' | 'closed'

/** What one side takes; for MQTT 3.1.1 nothing but the protocol's own bounds. */
export interface PeerLimits {
  maximumPacketSize: number
  topicAliasMaximum: number
}

/** How long a device that has left may wait for the disk or the broker with what it sent last. */
const FAREWELL_MS = 5_000
const NO_LIMITS: PeerLimits = { maximumPacketSize: 0x1000_0004, topicAliasMaximum: 0 }

/** A Will that the broker holds for a connection. */
export interface PendingWill {
  /** Decides it again. False: the broker must be told to drop it. */
  mayFire(): boolean
  /** Says how it ended; only the first word counts. */
  settle(how: 'happened' | 'unknown' | 'dropped'): void
}

/** What a packet means: handed in, so that a connection knows its handlers and not the other way round. */
export interface Handlers {
  device(connection: Connection, frame: Frame): Promise<void> | undefined
  broker(connection: Connection, frame: Frame): Promise<void> | undefined
}

export interface ConnectionParts {
  context: ProxyContext
  handlers: Handlers
  onClose: () => void
}

export class Connection implements SessionHolder {
  readonly id: number
  readonly context: ProxyContext
  /** How it came in: its listener, its place, and the client certificate's key. */
  readonly accepted: Accepted
  readonly device: Duplex
  readonly address: string
  readonly network: string
  /** Where it comes from, as the database and the rules say at present. */
  place: Place
  readonly devicePump: PacketPump
  readonly toDevice: Outlet
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
  /** Sequence of the CONNECT or AUTHENTICATE record that stands behind all that follows. */
  behind = 0
  broker: Socket | undefined
  brokerPump: PacketPump | undefined
  brokerOutlet: Outlet | undefined
  isBeingTakenOver = false
  /** Seconds; 0 is off. */
  keepAlive = 0
  /** SUBSCRIBE packets that await the broker: our own code for each filter that we denied. */
  readonly pendingSubacks = new Map<number, (number | undefined)[]>()
  /** UNSUBSCRIBE packets that await the broker. */
  readonly pendingUnsubacks = new Set<number>()
  /** Shared subscriptions that stand at the broker, as the device wrote them. */
  readonly shared = new Set<string>()
  /** UNSUBSCRIBE packets of ours, by packet id, until the broker has answered. */
  readonly ownUnsubscribes = new Map<number, PromiseWithResolvers<void>>()
  /** What the broker's CONNACK said that it can do. */
  brokerLimits: Properties = {}
  /** Deliveries at QoS 2 that were withheld: we play the receiver to the broker. */
  readonly withheld = new Set<number>()
  /** PUBLISH at QoS 2 that MQTT 3.1.1 was told to be received, and was not passed on: we play the receiver. */
  refused: Set<number> | undefined
  readonly publishCache = new DecisionCache()
  readonly deliverCache = new DecisionCache()
  /** Only who uses topic aliases has them. */
  aliasesFromDevice: TopicAliases | undefined
  aliasesFromBroker: TopicAliases | undefined
  /** What each side announced in its CONNECT or CONNACK. */
  readonly deviceTakes: PeerLimits = { ...NO_LIMITS }
  readonly brokerTakes: PeerLimits = { ...NO_LIMITS }
  readonly acks: AckOrder
  /** Ids of PUBLISH packets whose flow with the broker has not ended. */
  readonly sent = new PacketIds()
  /** Deliveries that the device has not acknowledged. */
  unacknowledged = 0
  /** How many PUBLISH packets came. */
  publishes = 0
  /** Told how many packets the device sent at once; may hold the pump. */
  onPackets: ((packets: number) => void) | undefined
  isDraining = false
  /** The pieces of a large delivery that come now go nowhere. */
  isWithholding = false
  readonly #handlers: Handlers
  readonly #onClose: () => void
  /** When the device said that nothing more comes; 0 while it may. */
  #endedAt = 0
  #lastFromDevice = clock.nowMs()
  #lastToBroker = clock.nowMs()
  #lastFromBroker = clock.nowMs()

  constructor(id: number, accepted: Accepted, { context, handlers, onClose }: ConnectionParts) {
    const { stream: device, address } = accepted
    this.id = id
    this.accepted = accepted
    this.device = device
    this.context = context
    this.#handlers = handlers
    this.#onClose = onClose
    this.address = address
    this.network = networkOf(address)
    this.place = context.countries.locate(address)
    this.toDevice = new Outlet(device)
    this.devicePump = new PacketPump({
      stream: device,
      maxPacketBytes: context.limits.maxPacketBytes,
      onTurn: () => this.#begin(),
      onFrame: (frame) => this.#handlers.device(this, frame),
      onTurnEnd: (packets, bytes) => this.#endDeviceTurn(packets, bytes),
      onMalformed: (problem) => this.refuseMalformed(problem),
      onError: (error) => this.#fail(error),
    })
    this.acks = new AckOrder({ send: (bytes) => this.reply(bytes), asker: this.devicePump })
    device.on('error', (error) => this.log.debug({ err: error }, 'device socket failed'))
    device.on('close', () => {
      if (this.#endedAt === 0) this.close()
    })
    device.on('end', () => {
      this.#endedAt = clock.nowMs()
      this.devicePump.finish(() => this.close()) // what it sent before its FIN still counts
    })
  }

  /** Takes the broker's socket once it has accepted our CONNECT. */
  attachBroker(socket: Socket): void {
    this.broker = socket
    this.#lastFromBroker = clock.nowMs()
    this.brokerOutlet = new Outlet(socket)
    this.brokerPump = new PacketPump({
      stream: socket,
      // The device's own Maximum Packet Size binds the broker; ours binds only what devices send.
      maxPacketBytes: NO_LIMITS.maximumPacketSize,
      inPieces: true,
      onTurn: () => this.#beginBrokerTurn(),
      onTurnEnd: (packets, bytes) => this.#endBrokerTurn(packets, bytes),
      onFrame: (frame) => this.#handlers.broker(this, frame),
      onMalformed: (problem) => this.loseBroker(problem.why),
      onError: (error) => this.#fail(error),
    })
    socket.on('error', (error) => this.log.debug({ err: error }, 'broker socket failed'))
    socket.on('close', () => this.loseBroker('closed'))
    socket.resume() // what came behind CONNACK, after what is written to the device in this tick
  }

  /** What the device's CONNECT says of what it takes. */
  deviceSays({ maximumPacketSize, topicAliasMaximum = 0 }: Properties): void {
    if (maximumPacketSize !== undefined) this.deviceTakes.maximumPacketSize = maximumPacketSize
    this.deviceTakes.topicAliasMaximum = Math.min(topicAliasMaximum, MAX_TOPIC_ALIASES)
  }

  /** What the broker's CONNACK says: a packet that it would not take is refused here. */
  brokerSays(properties: Properties): void {
    const { maximumPacketSize, topicAliasMaximum = 0 } = properties
    this.brokerLimits = properties
    if (maximumPacketSize !== undefined) this.brokerTakes.maximumPacketSize = maximumPacketSize
    this.brokerTakes.topicAliasMaximum = Math.min(topicAliasMaximum, MAX_TOPIC_ALIASES)
    this.devicePump.limit(Math.min(this.context.limits.maxPacketBytes, this.brokerTakes.maximumPacketSize))
  }

  /** Made when there is something to say: a fleet of idle devices has nothing. */
  get log(): Logger {
    return this.context.log.child({ connectionId: this.id })
  }

  /** A packet of ours, or one that was written anew. */
  toBroker(bytes: Buffer): void {
    this.#lastToBroker = clock.nowMs()
    this.brokerOutlet?.write(bytes)
  }

  /** A packet of the device, as it came. */
  passToBroker(frame: Frame): void {
    this.#lastToBroker = this.context.turn.nowMs
    this.brokerOutlet?.forward(frame)
  }

  /** Something of ours to the device: while it does not read, we do not read it. */
  reply(bytes: Buffer): void {
    this.toDevice.write(bytes)
    this.toDevice.holdWhileFull(this.devicePump)
  }

  /** Something of the broker's to the device, written anew: while it does not read, we do not read the broker. */
  deliver(bytes: Buffer): void {
    this.toDevice.write(bytes)
    if (this.brokerPump !== undefined) this.toDevice.holdWhileFull(this.brokerPump)
  }

  /** A packet of the broker, as it came. */
  passToDevice(frame: Frame): void {
    this.toDevice.forward(frame)
  }

  /** Bytes that this connection keeps in memory, whoever they wait for. */
  get buffered(): number {
    const broker = (this.brokerOutlet?.buffered ?? 0) + (this.brokerPump?.buffered ?? 0)
    return broker + this.toDevice.buffered + this.devicePump.buffered
  }

  /** The database or the overrides changed: what was decided for another country is decided anew. */
  relocate(): void {
    const place = this.context.countries.locate(this.address)
    if (place.country === this.place.country && place.geoDate === this.place.geoDate) return
    this.place = place
    this.publishCache.clear()
    this.deliverCache.clear()
    this.context.journal.closeConnection(this.id) // a record names one country
  }

  /** Returns whether a packet of the device with this id awaits the broker. */
  isInFlight(packetId: number): boolean {
    return this.pendingSubacks.has(packetId) || this.pendingUnsubacks.has(packetId) || this.sent.has(packetId)
  }

  /** What a decision of this connection leaves in the journal. */
  accessOf(
    action: Action,
    decision: Decision,
    evidence: Access['evidence'] = {},
    identity: Identity | undefined = this.identity,
  ): Access {
    const { block } = this.context.chain
    const isDenied = decision.outcome === 'denied'
    return {
      action,
      outcome: isDenied ? Outcome.DENIED : Outcome.ALLOWED,
      denialReason: isDenied ? decision.reason : DenialReason.NONE,
      account: identity?.wallet ?? ZERO_ADDRESS,
      topicId: decision.topicId,
      grantId: decision.grantId,
      connectionId: this.id,
      evidence: { ...this.#evidenceOf(identity), block: { number: block.number, hash: block.hash }, ...evidence },
    }
  }

  /** Refuses bytes that are no packet. Nothing of them reached anybody. [MQTT-4.13.1-1] */
  refuseMalformed({ reasonCode, why }: Malformed): void {
    this.context.counters.count(`malformed:${reasonCode}`)
    this.onMalformed?.()
    this.log.debug({ reasonCode, why }, 'malformed packet')
    const reason =
      reasonCode === Reason.PACKET_TOO_LARGE ? DenialReason.PACKET_TOO_LARGE : DenialReason.MALFORMED_PACKET
    this.cut(reasonCode === Reason.PROTOCOL_ERROR ? DenialReason.PROTOCOL_ERROR : reason, reasonCode)
  }

  /** Ends a connection in service for a reason of ours: recorded, and no Will fires. */
  cut(reason: DenialReason, reasonCode: number): void {
    if (this.phase === 'closed') return
    this.context.counters.count(`cut:${enumName(DenialReason, reason)}`)
    if (this.phase === 'open') {
      const access = this.accessOf(Action.CUT, { outcome: 'denied', reason, topicId: ZERO_BYTES32, grantId: 0 })
      this.context.journal.record(access).catch((error: unknown) => this.log.error({ err: error }, 'CUT not recorded'))
      if (this.version === 5) this.toDevice.write(encodePacket({ cmd: 'disconnect', reasonCode, properties: {} }, 5))
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
    const goodbye = { cmd: 'disconnect', reasonCode: Reason.SESSION_TAKEN_OVER, properties: {} } as const
    if (this.version === 5) this.toDevice.write(encodePacket(goodbye, 5))
    this.close()
  }

  /** `cleanly`: the broker gets a DISCONNECT, so that it publishes no Will; one that may not fire gets the same. [MQTT-3.14.4-3] */
  close({ cleanly = false }: { cleanly?: boolean } = {}): void {
    if (this.phase === 'closed') return
    const wasOpen = this.phase === 'open'
    const firesWill = wasOpen && !cleanly && this.will?.mayFire() === true
    this.will?.settle(firesWill ? 'happened' : 'dropped')
    this.phase = 'closed'
    this.devicePump.stop()
    this.brokerPump?.stop()
    if (wasOpen && (cleanly || (this.will !== undefined && !firesWill))) {
      const goodbye = encodePacket({ cmd: 'disconnect', reasonCode: Reason.SUCCESS, properties: {} }, this.version)
      this.brokerOutlet?.write(goodbye)
    }
    this.brokerOutlet?.flush()
    this.toDevice.flush()
    this.broker?.end()
    this.device.end()
    // A peer that never closes its side must not keep ours.
    setTimeout(() => {
      this.broker?.destroy()
      this.device.destroy()
    }, 2_000).unref()
    this.context.journal.closeConnection(this.id)
    for (const end of this.onEnd) end()
    for (const { resolve } of this.ownUnsubscribes.values()) resolve()
    this.#onClose()
  }

  /** Frees at once what a device does not read. */
  discard(): void {
    this.device.destroy()
  }

  /** Called each second: time alone ends connections too, silent ones above all. */
  tick(now: number): void {
    if (this.#endedAt !== 0 && now - this.#endedAt > FAREWELL_MS) return this.close()
    if (this.phase === 'dial') return // bounded by its own timers, which answer with a code
    if (this.phase !== 'open') {
      if (now - this.accepted.acceptedAt > this.context.limits.connectTimeoutMs)
        this.cut(DenialReason.AUTHENTICATION_TIMEOUT, Reason.NOT_AUTHORIZED)
      return
    }
    // A shared subscription's right ends by the clock too, with no packet that would be decided.
    if (now >= this.endsAt * 1_000 || this.shared.size > 0) this.review?.()
    if ((this.phase as Phase) === 'closed') return
    if (this.toDevice.stalledFor(now) > this.context.limits.stalledTimeoutMs)
      return this.cut(DenialReason.SLOW_READER, Reason.QUOTA_EXCEEDED)
    if (this.keepAlive === 0) return
    // While we do not read the device, for a broker or a disk that is slow, its silence is ours.
    if (this.devicePump.isHeld) this.#lastFromDevice = now
    const silence = this.keepAlive * 1_500 // [MQTT-3.1.2-22]
    if (now - this.#lastFromDevice > silence)
      return this.cut(DenialReason.KEEP_ALIVE_TIMEOUT, Reason.KEEP_ALIVE_TIMEOUT)
    // What we swallow does not keep the broker's side alive.
    if (now - this.#lastToBroker > this.keepAlive * 500) this.toBroker(PINGREQ)
    if (this.brokerPump?.isHeld === true) this.#lastFromBroker = now
    if (now - this.#lastFromBroker > silence) this.loseBroker('it does not answer')
  }

  /** Begins nothing new: what is under way at QoS 1 and 2 may end, and is told by {@link isQuiet}. */
  drain(): void {
    if (this.phase === 'open') this.isDraining = true
    else this.cut(DenialReason.SHUTTING_DOWN, Reason.SERVER_SHUTTING_DOWN)
  }

  /** Nothing waits for an acknowledgement, a decision, or a socket. */
  get isQuiet(): boolean {
    const isWaiting = this.devicePump.isHeld || this.brokerPump?.isHeld === true || this.buffered > 0
    return this.phase === 'closed' || (this.sent.size === 0 && this.unacknowledged === 0 && !isWaiting)
  }

  #begin(): void {
    const { turn, chain } = this.context
    turn.begin(chain)
    this.#lastFromDevice = turn.nowMs
  }

  #beginBrokerTurn(): void {
    const { turn, chain } = this.context
    turn.begin(chain)
    this.#lastFromBroker = turn.nowMs
  }

  #endDeviceTurn(packets: number, bytes: number): void {
    this.toDevice.flush()
    this.brokerOutlet?.flush()
    this.brokerOutlet?.holdWhileFull(this.devicePump)
    this.onPackets?.(packets)
    this.context.rest?.after(packets, bytes)
  }

  #endBrokerTurn(packets: number, bytes: number): void {
    this.brokerOutlet?.flush()
    this.toDevice.flush()
    if (this.brokerPump !== undefined) this.toDevice.holdWhileFull(this.brokerPump)
    this.context.rest?.after(packets, bytes)
  }

  #evidenceOf(identity: Identity | undefined): Partial<Evidence> {
    const { clientId, address, version, behind } = this
    return {
      clientId,
      address,
      mqttVersion: version,
      ...this.place,
      ...(identity?.device === undefined ? {} : { device: identity.device }),
      ...(behind === 0 ? {} : { behind }),
    }
  }

  #fail(error: unknown): void {
    this.log.error({ err: error }, 'connection failed')
    this.context.counters.count('failed')
    this.cut(DenialReason.JOURNAL_UNAVAILABLE, Reason.QUOTA_EXCEEDED)
  }
}
