/** @module What all connections of one proxy share. */
import type { Logger } from 'pino'
import type { Deployment } from '../domain/typed-data.ts'
import type { AccessJournal } from '../records/port.ts'
import type { BrokerPool } from './broker/pool.ts'
import type { ChainView } from './chain/chain-view.ts'
import { clock } from './clock.ts'
import type { Counters } from './counters.ts'
import type { Countries } from './geo/countries.ts'
import type { FailedLogins } from './identity/failed-logins.ts'
import type { KeptSessions } from './kept/open.ts'
import type { Limits } from './limits.ts'
import type { LiveIdentities } from './live-identities.ts'
import type { ReceiptBudget } from './receipts.ts'
import type { Rest } from './rest.ts'
import type { Guard } from './rules/guard.ts'
import type { Newcomers } from './rules/newcomers.ts'
import type { SessionHolders } from './session-holders.ts'
import type { Unsettled } from './unsettled.ts'

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

export interface ProxyContext extends KeptSessions {
  deployment: Deployment
  chain: ChainView
  journal: AccessJournal
  /** Who is in service, by account: what a block concerns. */
  live: LiveIdentities
  failedLogins: FailedLogins
  brokers: BrokerPool
  sessions: SessionHolders
  receiptBudget: ReceiptBudget
  countries: Countries
  guard: Guard
  newcomers: Newcomers
  /** What MQTT 3.1.1, which cannot say no, gets for a denied PUBLISH. [MQTT-3.3.5-2] */
  deniedPublish: 'disconnect' | 'drop'
  turn: Turn
  /** Wills of which is not known yet whether they fire. */
  unsettled: Unsettled
  /** Absent where the proxy never rests. */
  rest?: Rest
  limits: Limits
  counters: Counters
  log: Logger
}
