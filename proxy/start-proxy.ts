/** @module Starts the proxy: the view, the listener, and the clock that ends what time alone ends. */
import { BrokerPool } from './broker/pool.ts'
import { ChainView } from './chain/chain-view.ts'
import { clock } from './clock.ts'
import { tick } from './connection/tick.ts'
import { Connection } from './connection.ts'
import { type ProxyContext, Turn } from './context.ts'
import { Counters } from './counters.ts'
import { drainAll } from './drain.ts'
import { Countries } from './geo/countries.ts'
import { openDatabase } from './geo/database.ts'
import { handleBrokerFrame } from './handlers/broker-frame.ts'
import { handleDeviceFrame } from './handlers/device-frame.ts'
import { somebodyOf } from './handlers/somebody.ts'
import { FailedLogins } from './identity/failed-logins.ts'
import { closeKept, eraseKept, openKeptSessions } from './kept/open.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Accepted } from './listen/accepted.ts'
import { sendersOf } from './listen/listener-options.ts'
import { LiveIdentities } from './live-identities.ts'
import { openListeners } from './open-listeners.ts'
import { ReceiptBudget } from './receipts.ts'
import { Rest } from './rest.ts'
import { limitsOf } from './rules/apply.ts'
import { Guard } from './rules/guard.ts'
import { keepPace } from './rules/keep-pace.ts'
import { Newcomers } from './rules/newcomers.ts'
import { PacedJournal } from './rules/paced-journal.ts'
import { sealByTerms } from './rules/seal-by-terms.ts'
import type { ProxyOptions, RunningProxy } from './running-proxy.ts'
import { SessionHolders } from './session-holders.ts'
import { shedSlowReaders } from './shed.ts'
import { Unsettled } from './unsettled.ts'

const POLL_MS = 1_000
const DRAIN_MS = 5_000
const STALE_AFTER_MS = 5 * 60_000

/** Rejects RpcError when the chain cannot be read, ListenError, or a listener's own error (EADDRINUSE). */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { deployment, log } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const chain = new ChainView({
    rpcUrl: options.rpcUrl,
    contract: deployment.contract,
    chainId: deployment.chainId,
    deployBlock: deployment.deployBlock,
    confirmations: options.confirmations,
    pollMs: options.pollMs ?? POLL_MS,
    staleAfterMs: options.staleAfterMs ?? STALE_AFTER_MS,
    snapshotPath: options.viewSnapshotPath,
    entriesPerName: limits.viewEntriesPerName,
    log,
  })
  const kept = openKeptSessions(options, { chain, log })
  const live = new LiveIdentities()
  chain.onChange = (change) => live.onChange(change)
  const counters = new Counters()
  const now = (): number => clock.nowMs()
  const isBehind = (): boolean => options.journal.isBehind()
  const newcomers = new Newcomers({ limits, view: () => chain.views.newest, isBehind, now })
  const guard = new Guard({
    contract: deployment.contract,
    deployBlock: deployment.deployBlock,
    keysPath: options.banKeysPath,
    provedPlace: options.provedPlace,
    rules: options.abuse ?? [],
    limits,
    chain,
    journal: options.journal,
    live,
    newcomers,
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
    journal: new PacedJournal({ journal: options.journal, newcomers, limits, counters, now }),
    newcomers,
    live,
    failedLogins: new FailedLogins(),
    brokers,
    sessions: new SessionHolders(),
    receiptBudget: new ReceiptBudget(),
    ...kept,
    countries: options.countries ?? new Countries(openDatabase()),
    deniedPublish: options.deniedPublish ?? 'disconnect',
    turn: new Turn(),
    unsettled: new Unsettled(),
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
    closeKept(kept)
    throw error
  })
  const ticks = setInterval(() => {
    const now = clock.nowMs()
    for (const connection of connections.values()) tick(connection, now)
    shedSlowReaders(connections.values(), context.limits.maxBufferedBytes)
  }, 1_000)
  return {
    port: listeners[0]?.port ?? 0,
    ports: Object.fromEntries(listeners.map(({ kind, port }) => [kind, port])),
    view: () => {
      const { views, block, isFresh, endpoints, shortfalls } = chain
      return { ...views, block, isFresh, endpoints, shortfalls }
    },
    connections: () => connections.size,
    brokers: () => brokers.status(),
    stats: () => context.counters.snapshot(),
    setRules(rules) {
      Object.assign(limits, limitsOf(rules))
      chain.setEntriesPerName(limits.viewEntriesPerName)
      guard.abuse.setRules(rules.abuse)
    },
    bans: () => guard.list(),
    liftBan: (target) => guard.lift(target),
    async erase(scopes) {
      eraseKept(kept, scopes)
      await guard.erase(scopes)
    },
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
      await context.unsettled.end()
      await guard.stop()
      chain.stop()
      brokers.stop()
      closeKept(kept)
    },
  }
}

/** Load balancers and the like: behind them are many, so none of them is ever banned. */
function trustOf({ listen }: ProxyOptions): (address: string) => boolean {
  const senders = listen.map(sendersOf)
  return (address) => senders.some((trusted) => trusted.includes(address))
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
