/**
 * @module Brings each connection of a listener through its handshakes, in the order in which their bytes come: PROXY
 * header, TLS, WebSocket. All of them, and the login behind them, share one deadline and one place.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { plainAddress } from '../address.ts'
import { clock } from '../clock.ts'
import type { Counters } from '../counters.ts'
import type { Limits } from '../limits.ts'
import type { Accepted, Admission, Listener } from './accepted.ts'
import type { AdmissionDesk } from './admission.ts'
import { ListenError } from './errors.ts'
import { type ListenerOptions, listenerOf, sendersOf } from './listener-options.ts'
import { takeProxyHeader } from './proxy-protocol/take-header.ts'
import type { TrustedSenders } from './proxy-protocol/trusted-senders.ts'
import { deviceKeyOf } from './tls/device-key.ts'
import { type FollowedCertificate, followCertificate } from './tls/follow-certificate.ts'
import { readCertificate } from './tls/read-certificate.ts'
import { serveTls, type TlsServer } from './tls/serve-tls.ts'
import { serveWebSocket, type UpgradeServer } from './websocket/serve-websocket.ts'

export interface ListenerParts {
  /** Host names that a Login may name, lower case. */
  audiences: readonly string[]
  desk: AdmissionDesk
  limits: Limits
  counters: Counters
  log: Logger
  onAccepted: (accepted: Accepted) => void
}

const CERTIFICATE_POLL_MS = 5_000

/** One connection on its way in. */
interface Arrival {
  socket: Socket
  address: string
  admission: Admission
  acceptedAt: number
  deadline: NodeJS.Timeout
}

export class Entrance {
  readonly listener: Listener
  readonly #parts: ListenerParts
  readonly #senders: TrustedSenders
  readonly #tls: TlsServer | undefined
  readonly #webSocket: UpgradeServer | undefined
  readonly #certificate: FollowedCertificate | undefined
  readonly #arrivals = new Set<Arrival>()
  readonly #said = new Set<string>()

  /** Throws ListenError. */
  constructor(options: ListenerOptions, parts: ListenerParts) {
    this.#parts = parts
    this.listener = listenerOf(options, parts.audiences)
    this.#senders = sendersOf(options)
    const { kind, isEncrypted } = this.listener
    const isWebSocket = kind === 'ws' || kind === 'wss'
    if (isWebSocket) this.#webSocket = openWebSocket(options, parts)
    if (!isEncrypted) return
    const { certificate: files } = options
    if (files === undefined) throw new ListenError('CERTIFICATE_UNREADABLE', `No certificate is given for ${kind}.`)
    const current = readCertificate(files)
    const timeoutMs = parts.limits.connectTimeoutMs
    this.#tls = serveTls({ certificate: current, protocol: isWebSocket ? 'http/1.1' : 'mqtt', timeoutMs })
    const { pollMs = CERTIFICATE_POLL_MS } = files
    this.#certificate = followCertificate({ files, current, pollMs, use: this.#tls.setCertificate, log: parts.log })
  }

  reload(): void {
    this.#certificate?.reload()
  }

  close(): void {
    this.#certificate?.stop()
    for (const { socket } of this.#arrivals) socket.destroy()
  }

  /** Limits are checked here, before a byte is read: what is over them costs us one close. */
  receive(socket: Socket): void {
    const sender = plainAddress(socket.remoteAddress)
    if (sender === '') return void socket.destroy() // gone already
    const isTrusted = this.#senders.includes(sender)
    const admission = this.#admit(socket, isTrusted ? undefined : sender)
    if (admission === undefined) return
    const acceptedAt = clock.nowMs()
    const hasHandshake = this.#tls !== undefined || this.#webSocket !== undefined || !this.#senders.isEmpty
    if (!hasHandshake) {
      const { listener } = this
      return this.#parts.onAccepted({ stream: socket, address: sender, listener, admission, acceptedAt })
    }
    const deadline = setTimeout(() => this.#refuse(arrival, 'timeout'), this.#parts.limits.connectTimeoutMs)
    const arrival: Arrival = { socket, address: sender, admission, acceptedAt, deadline }
    this.#arrivals.add(arrival)
    socket.on('error', () => {}) // its close tells
    socket.once('close', () => this.#leave(arrival))
    if (this.#senders.isEmpty) this.#encrypt(arrival)
    else this.#takeHeader(arrival, isTrusted)
  }

  /** Gives a place for as long as the socket lives, or closes it. */
  #admit(socket: Socket, address: string | undefined): Admission | undefined {
    const admission = this.#parts.desk.enter(address)
    if (typeof admission !== 'string') {
      socket.once('close', () => admission.left())
      return admission
    }
    this.#parts.counters.count(`accept:${admission}`)
    socket.destroy()
    return undefined
  }

  #takeHeader(arrival: Arrival, isTrusted: boolean): void {
    takeProxyHeader(arrival.socket, (reading) => {
      if (!isTrusted) {
        // Not ignored: whoever claims an address that he may not claim is no device.
        if (reading.kind !== 'missing') return this.#refuse(arrival, 'PROXY header of a sender that is not trusted')
        return this.#encrypt(arrival)
      }
      if (reading.kind === 'missing') return this.#refuse(arrival, 'no PROXY header of a trusted sender')
      if (reading.kind === 'invalid') return this.#refuse(arrival, 'invalid PROXY header', reading.why)
      this.#enterAs(arrival, reading.source.kind === 'device' ? reading.source.address : arrival.address)
    })
  }

  /** The place was the sender's until now; from here it is the device's. */
  #enterAs(arrival: Arrival, address: string): void {
    arrival.admission.left()
    const admission = this.#admit(arrival.socket, address)
    if (admission === undefined) return
    arrival.admission = admission
    arrival.address = address
    this.#encrypt(arrival)
  }

  #encrypt(arrival: Arrival): void {
    if (this.#tls === undefined) return this.#upgrade(arrival, arrival.socket)
    this.#tls.shake(arrival.socket, (outcome) => {
      if (outcome instanceof Error) return this.#refuse(arrival, 'TLS handshake', outcome.message)
      const { socket, clientCertificate } = outcome
      socket.on('error', () => {}) // its close tells
      const key = clientCertificate === undefined ? undefined : deviceKeyOf(clientCertificate)
      if (key === undefined) return this.#upgrade(arrival, socket)
      if (key.kind === 'device') return this.#upgrade(arrival, socket, { device: key.address })
      this.#parts.log.info({ address: arrival.address, why: key.why }, 'client certificate refused')
      this.#upgrade(arrival, socket, { refusedKey: key.why })
    })
  }

  #upgrade(arrival: Arrival, socket: Socket | TLSSocket, key: DeviceKeyFacts = {}): void {
    if (this.#webSocket === undefined) return this.#handOn(arrival, socket, key)
    this.#webSocket.upgrade(socket, (outcome) => {
      if (outcome instanceof Error) return this.#refuse(arrival, 'WebSocket upgrade', outcome.message)
      this.#handOn(arrival, outcome, key)
    })
  }

  #handOn(arrival: Arrival, stream: Duplex, key: DeviceKeyFacts): void {
    if (!this.#arrivals.has(arrival)) return void stream.destroy() // closed or out of time meanwhile
    this.#leave(arrival)
    const { address, admission, acceptedAt } = arrival
    this.#parts.onAccepted({ stream, address, listener: this.listener, admission, acceptedAt, ...key })
  }

  #leave(arrival: Arrival): void {
    clearTimeout(arrival.deadline)
    this.#arrivals.delete(arrival)
  }

  #refuse(arrival: Arrival, what: string, why?: string): void {
    if (!this.#arrivals.has(arrival)) return
    const { counters, log } = this.#parts
    counters.count(`accept:${what}`)
    const facts = { listener: this.listener.kind, address: arrival.address, why }
    // Said once aloud: a wrong setting shows here first, and strangers must not fill the log.
    if (this.#said.has(what)) log.debug(facts, `refused: ${what}`)
    else log.warn(facts, `refused: ${what} (further ones are counted; npx flytrap status)`)
    this.#said.add(what)
    this.#leave(arrival)
    arrival.socket.destroySoon()
  }
}

type DeviceKeyFacts = Pick<Accepted, 'device' | 'refusedKey'>

/** What smaller packets may share a message with the largest one. */
const SHARED_MESSAGE_BYTES = 64 * 1_024

function openWebSocket({ origins = [] }: ListenerOptions, { limits, counters, log }: ListenerParts): UpgradeServer {
  return serveWebSocket({
    origins: origins.map((origin) => origin.toLowerCase()),
    timeoutMs: limits.connectTimeoutMs,
    maxMessageBytes: () => limits.maxPacketBytes + SHARED_MESSAGE_BYTES,
    onRefused(what, why) {
      counters.count(`websocket:${what}`)
      log.debug({ why }, `WebSocket: ${what}`)
    },
  })
}
