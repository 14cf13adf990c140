/** @module What all connections of one proxy share. */
import type { Logger } from 'pino'
import type { Deployment } from '../domain/typed-data.ts'
import type { AccessJournal } from '../records/port.ts'
import type { BrokerPool } from './broker/pool.ts'
import type { ChainView } from './chain/chain-view.ts'
import { clock } from './clock.ts'
import type { Countries } from './geo/countries.ts'
import type { FailedLogins } from './identity/failed-logins.ts'
import type { AdmissionLimits } from './listen/admission.ts'
import type { LiveIdentities } from './live-identities.ts'
import type { Rest } from './rest.ts'
import type { Guard } from './rules/guard.ts'
import type { SessionHolders } from './session-holders.ts'

export interface Limits extends AdmissionLimits {
  maxPacketBytes: number
  /** Milliseconds from accept to CONNACK: handshakes, authentication and the broker included. */
  connectTimeoutMs: number
  /** Of one connection, a second; beyond it the device is read slower. */
  publishPerSecond: number
  /** Of all kinds. */
  packetsPerSecond: number
  /** Failed logins a minute that one address may have checked. */
  loginsPerAddress: number
  /** Milliseconds for which a device may read nothing of what waits for it. */
  stalledTimeoutMs: number
  /** Of all connections together; beyond it those that hold most are cut. */
  maxBufferedBytes: number
}

/** Rates have none: they come from flytrap.yaml. */
export const DEFAULT_LIMITS: Limits = {
  maxPacketBytes: 1 << 20,
  connectTimeoutMs: 10_000,
  connections: 20_000,
  connectionsPerAddress: 200,
  unauthenticated: 500,
  unauthenticatedPerAddress: 100,
  publishPerSecond: Number.POSITIVE_INFINITY,
  packetsPerSecond: Number.POSITIVE_INFINITY,
  loginsPerAddress: Number.POSITIVE_INFINITY,
  stalledTimeoutMs: 60_000,
  maxBufferedBytes: 256 << 20,
}

/** What happened, by name: nothing that is refused goes uncounted. */
export class Counters {
  readonly #counts = new Map<string, number>()

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}

/**
 * What does not change while the packets of one chunk are decided: the clock, the view. Read once a chunk, since a
 * system call for every packet would cost more than its decision.
 */
export class Turn {
  nowMs = clock.nowMs()
  /** Unix seconds. */
  second = Math.floor(this.nowMs / 1_000)
  epoch = -1
  isFresh = false

  begin(chain: ChainView): void {
    this.nowMs = clock.nowMs()
    this.second = Math.floor(this.nowMs / 1_000)
    this.epoch = chain.epoch
    this.isFresh = chain.isFresh
  }
}

export interface ProxyContext {
  deployment: Deployment
  chain: ChainView
  journal: AccessJournal
  /** Who is in service, by account: what a block concerns. */
  live: LiveIdentities
  failedLogins: FailedLogins
  brokers: BrokerPool
  sessions: SessionHolders
  countries: Countries
  guard: Guard
  /** What MQTT 3.1.1, which cannot say no, gets for a denied PUBLISH. [MQTT-3.3.5-2] */
  deniedPublish: 'disconnect' | 'drop'
  turn: Turn
  /** Absent where the proxy never rests. */
  rest?: Rest
  limits: Limits
  counters: Counters
  log: Logger
}
