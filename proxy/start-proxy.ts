/** @module Starts the proxy: the view, the listener, and the clock that ends what time alone ends. */
import type { Logger } from 'pino'
import type { EndpointHealth } from '../contracts/rpc/endpoint.ts'
import type { Views } from '../domain/authorize.ts'
import type { Deployment } from '../domain/typed-data.ts'
import type { AccessJournal } from '../records/port.ts'
import { BrokerPool } from './broker/pool.ts'
import type { BrokerTarget } from './broker/target.ts'
import type { BrokerStatus, WatchPace } from './broker/watch.ts'
import { ChainView } from './chain/chain-view.ts'
import type { BlockRef } from './chain/snapshot.ts'
import { clock } from './clock.ts'
import { Connection } from './connection.ts'
import { Counters, DEFAULT_LIMITS, type Limits, type ProxyContext, Turn } from './context.ts'
import { drainAll } from './drain.ts'
import { Countries } from './geo/countries.ts'
import { openDatabase } from './geo/database.ts'
import { handleBrokerFrame } from './handlers/broker-frame.ts'
import { handleDeviceFrame } from './handlers/device-frame.ts'
import { somebodyOf } from './handlers/somebody.ts'
import { FailedLogins } from './identity/failed-logins.ts'
import type { Accepted, ListenerKind } from './listen/accepted.ts'
import { AdmissionDesk } from './listen/admission.ts'
import { type ListenerOptions, sendersOf } from './listen/listener-options.ts'
import { type OpenListener, openListener } from './listen/open-listener.ts'
import { LiveIdentities } from './live-identities.ts'
import { Rest } from './rest.ts'
import { limitsOf } from './rules/apply.ts'
import type { BanTarget } from './rules/ban-target.ts'
import { Guard } from './rules/guard.ts'
import { keepPace } from './rules/keep-pace.ts'
import type { Rules } from './rules/read-rules.ts'
import type { AbuseRuleOf } from './rules/schema.ts'
import { sealByTerms } from './rules/seal-by-terms.ts'
import { SessionHolders } from './session-holders.ts'
import { shedSlowReaders } from './shed.ts'

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
  /** Where connections come from; the bundled database when absent. */
  countries?: Countries
  log: Logger
}

export interface RunningProxy {
  /** Of the first listener. */
  port: number
  ports: Partial<Record<ListenerKind, number>>
  view(): Views & { block: BlockRef; isFresh: boolean; endpoints: EndpointHealth[] }
  connections(): number
  brokers(): BrokerStatus[]
  stats(): Record<string, number>
  /** Puts other rules in force, for live connections too. */
  setRules(rules: Rules): void
  bans(): ReturnType<Guard['list']>
  /** Lifts what stands on the target, recorded; resolves with how many bans that were. */
  liftBan(target: BanTarget): Promise<number>
  /** The country database or its overrides changed: live connections are decided anew. */
  relocate(): void
  /** Reads certificates and keys again. Throws ListenError for a bad one; the old one stays in force. */
  reloadCertificates(): void
  /** Closes the listener, tells devices 0x8B, waits for their sockets. */
  stop(): Promise<void>
}

const POLL_MS = 1_000
const DRAIN_MS = 5_000
const STALE_AFTER_MS = 5 * 60_000

/** Rejects RpcError when the chain cannot be read, ListenError, or a listener's own error (EADDRINUSE). */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { deployment, log } = options
  const chain = new ChainView({
    rpcUrl: options.rpcUrl,
    contract: deployment.contract,
    chainId: deployment.chainId,
    deployBlock: deployment.deployBlock,
    confirmations: options.confirmations,
    pollMs: options.pollMs ?? POLL_MS,
    staleAfterMs: options.staleAfterMs ?? STALE_AFTER_MS,
    snapshotPath: options.viewSnapshotPath,
    log,
  })
  const live = new LiveIdentities()
  chain.onChange = (change) => live.onChange(change)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const counters = new Counters()
  const guard = new Guard({
    contract: deployment.contract,
    deployBlock: deployment.deployBlock,
    keysPath: options.banKeysPath,
    rules: options.abuse ?? [],
    limits,
    chain,
    journal: options.journal,
    live,
    counters,
    isTrusted: trustOf(options),
    log,
  })
  await chain.start()
  await guard.start().catch((error: unknown) => {
    chain.stop()
    throw error
  })
  const brokers = new BrokerPool({ targets: [options.broker].flat(), pace: options.brokerPace, log })
  await brokers.start()
  const context: ProxyContext = {
    deployment,
    chain,
    journal: options.journal,
    live,
    failedLogins: new FailedLogins(),
    brokers,
    sessions: new SessionHolders(),
    countries: options.countries ?? new Countries(openDatabase()),
    deniedPublish: options.deniedPublish ?? 'disconnect',
    turn: new Turn(),
    ...(options.restUnderLoad === false ? {} : { rest: new Rest() }),
    guard,
    limits,
    counters,
    log,
  }
  sealByTerms(context)
  const connections = new Map<number, Connection>()
  const listeners = await openListeners(options, context, accept(context, connections)).catch((error: unknown) => {
    chain.stop()
    brokers.stop()
    throw error
  })
  const ticks = setInterval(() => {
    const now = clock.nowMs()
    for (const connection of connections.values()) connection.tick(now)
    shedSlowReaders(connections.values(), context.limits.maxBufferedBytes)
  }, 1_000)
  return {
    port: listeners[0]?.port ?? 0,
    ports: Object.fromEntries(listeners.map(({ kind, port }) => [kind, port])),
    view: () => ({ ...chain.views, block: chain.block, isFresh: chain.isFresh, endpoints: chain.endpoints }),
    connections: () => connections.size,
    brokers: () => brokers.status(),
    stats: () => context.counters.snapshot(),
    setRules(rules) {
      Object.assign(limits, limitsOf(rules))
      guard.abuse.setRules(rules.abuse)
    },
    bans: () => guard.list(),
    liftBan: (target) => guard.lift(target),
    relocate() {
      for (const connection of connections.values()) connection.relocate()
    },
    reloadCertificates() {
      for (const listener of listeners) listener.reload()
    },
    async stop() {
      clearInterval(ticks)
      const closed = listeners.map((listener) => listener.close())
      await drainAll(connections, options.drainMs ?? DRAIN_MS)
      await Promise.all(closed)
      chain.stop()
      brokers.stop()
    },
  }
}

/** Load balancers and the like: behind them are many, so none of them is ever banned. */
function trustOf({ listen }: ProxyOptions): (network: string) => boolean {
  const senders = listen.map(sendersOf)
  return (network) => senders.some((trusted) => trusted.includes(network.split('/')[0] ?? ''))
}

/** Opens all, or none: what one refuses closes those before it. */
async function openListeners(
  { listen, audiences, log }: ProxyOptions,
  { limits, counters }: ProxyContext,
  onAccepted: (accepted: Accepted) => void,
): Promise<OpenListener[]> {
  const desk = new AdmissionDesk(limits)
  const names = audiences.map((name) => name.toLowerCase())
  const opened: OpenListener[] = []
  try {
    for (const place of listen) {
      opened.push(await openListener(place, { audiences: names, desk, limits, counters, log, onAccepted }))
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close()))
    throw error
  }
  return opened
}

function accept(context: ProxyContext, connections: Map<number, Connection>): (accepted: Accepted) => void {
  const handlers = { device: handleDeviceFrame, broker: handleBrokerFrame }
  let lastId = 0
  return (accepted) => {
    const id = ++lastId
    const connection = new Connection(id, accepted, { context, handlers, onClose: () => connections.delete(id) })
    connection.onMalformed = () => context.guard.abuse.malformed(somebodyOf(connection))
    keepPace(connection)
    connections.set(id, connection)
  }
}
