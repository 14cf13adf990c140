/** @module What a proxy is started with, and what whoever runs it may ask of it. */
import type { Logger } from 'pino'
import type { EndpointHealth } from '../contracts/rpc/endpoint.ts'
import type { Views } from '../domain/authorize.ts'
import type { Deployment } from '../domain/typed-data.ts'
import type { Shortfall } from '../domain/view.ts'
import type { AccessJournal } from '../records/port.ts'
import type { Scope } from '../records/store/port.ts'
import type { BrokerTarget } from './broker/target.ts'
import type { BrokerStatus, WatchPace } from './broker/watch.ts'
import type { BlockRef } from './chain/snapshot.ts'
import type { Countries } from './geo/countries.ts'
import type { Limits } from './limits.ts'
import type { ListenerKind } from './listen/accepted.ts'
import type { ListenerOptions } from './listen/listener-options.ts'
import type { BanTarget } from './rules/ban-target.ts'
import type { Guard } from './rules/guard.ts'
import type { ProvedPlace } from './rules/proved-files.ts'
import type { Rules } from './rules/read-rules.ts'
import type { AbuseRuleOf } from './rules/schema.ts'

export interface ProxyOptions {
  /** All share one set of limits. */
  listen: readonly ListenerOptions[]
  /** One, or an ordered list: a connection is pinned to one of those that are up. */
  broker: BrokerTarget | readonly BrokerTarget[]
  brokerPace?: Partial<WatchPace>
  deployment: Deployment & { deployBlock: number }
  /** One endpoint, or several by preference, separated by commas. */
  rpcUrl: string
  confirmations: number
  /** Milliseconds between polls of the chain. */
  pollMs?: number
  staleAfterMs?: number
  viewSnapshotPath: string
  /** Where the shared subscriptions of kept sessions are remembered over a restart. */
  keptGroupsPath?: string
  /** The same of messages at QoS 2 that await their PUBREL. */
  keptReleasesPath?: string
  audiences: readonly string[]
  journal: AccessJournal
  deniedPublish?: 'disconnect' | 'drop'
  /** False: never pause for more to come, whatever the load. */
  restUnderLoad?: boolean
  /** How long what is under way at QoS 1 and 2 may take to end once the proxy stops. */
  drainMs?: number
  limits?: Partial<Limits>
  /** What is abuse; nothing when absent. */
  abuse?: readonly AbuseRuleOf[]
  /** Shared by all proxies that honour each other's bans. */
  banKeysPath?: string
  /** Who proved himself lately, kept over a restart and read by other processes beside it; absent: in memory alone. */
  provedPlace?: ProvedPlace
  /** Where connections come from; the bundled database when absent. */
  countries?: Countries
  log: Logger
}

export interface RunningProxy {
  /** Of the first listener. */
  port: number
  ports: Partial<Record<ListenerKind, number>>
  view(): Views & { block: BlockRef; isFresh: boolean; endpoints: EndpointHealth[]; shortfalls: Shortfall[] }
  connections(): number
  brokers(): BrokerStatus[]
  stats(): Record<string, number>
  /** Puts other rules in force, for live connections too. */
  setRules(rules: Rules): void
  bans(): ReturnType<Guard['list']>
  /** Lifts what stands on the target, recorded; resolves with how many bans that were. */
  liftBan(target: BanTarget): Promise<number>
  /** Forgets what it remembers within the scopes, on disk too. Rejects the disk's error, or STORE_BUSY: some may be left. */
  erase(scopes: readonly Scope[]): Promise<void>
  /** The country database or its overrides changed: live connections are decided anew. */
  relocate(): void
  /** Reads certificates and keys again. Throws ListenError for a bad one; the old one stays in force. */
  reloadCertificates(): void
  /** Closes the listener, tells devices 0x8B, waits for their sockets. */
  stop(): Promise<void>
}
