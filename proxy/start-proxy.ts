/** @module Starts the proxy: the view, the listener, and the clock that ends what time alone ends. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Views } from '../domain/authorize.ts'
import { DenialReason } from '../domain/enums.ts'
import type { Deployment } from '../domain/typed-data.ts'
import type { AccessJournal } from '../records/port.ts'
import { isLoopback, plainAddress } from './address.ts'
import { BrokerPool } from './broker/pool.ts'
import type { BrokerTarget } from './broker/target.ts'
import type { BrokerStatus, WatchPace } from './broker/watch.ts'
import { ChainView } from './chain/chain-view.ts'
import type { BlockRef } from './chain/snapshot.ts'
import { Connection } from './connection.ts'
import { Counters, DEFAULT_LIMITS, type Limits, type ProxyContext } from './context.ts'
import { Countries } from './geo/countries.ts'
import { openDatabase } from './geo/database.ts'
import { handleBrokerFrame } from './handlers/broker-frame.ts'
import { handleDeviceFrame } from './handlers/device-frame.ts'
import { FailedLogins } from './identity/failed-logins.ts'
import type { Listener } from './listen/accepted.ts'
import { AdmissionDesk } from './listen/admission.ts'
import { LiveIdentities } from './live-identities.ts'
import { limitsOf } from './rules/apply.ts'
import type { Rules } from './rules/read-rules.ts'
import { Reason } from './wire/reason-codes.ts'

export interface ProxyOptions {
  /** Plain TCP off loopback must be asked for by name, and takes no credentials. */
  listen: { host: string; port: number; insecure?: boolean }
  /** One, or an ordered list: a connection is pinned to one of those that are up. */
  broker: BrokerTarget | readonly BrokerTarget[]
  brokerPace?: Partial<WatchPace>
  deployment: Deployment & { deployBlock: number }
  rpcUrl: string
  confirmations: number
  /** Milliseconds between polls of the chain. */
  pollMs?: number
  staleAfterMs?: number
  viewSnapshotPath: string
  audiences: readonly string[]
  journal: AccessJournal
  deniedPublish?: 'disconnect' | 'drop'
  limits?: Partial<Limits>
  /** Where connections come from; the bundled database when absent. */
  countries?: Countries
  log: Logger
}

export interface RunningProxy {
  port: number
  view(): Views & { block: BlockRef; isFresh: boolean }
  connections(): number
  brokers(): BrokerStatus[]
  stats(): Record<string, number>
  /** Puts other rules in force, for live connections too. */
  setRules(rules: Rules): void
  /** The country database or its overrides changed: live connections are decided anew. */
  relocate(): void
  /** Closes the listener, tells devices 0x8B, waits for their sockets. */
  stop(): Promise<void>
}

const POLL_MS = 1_000
const STALE_AFTER_MS = 5 * 60_000

/** Rejects RpcError when the chain cannot be read, or the listener's own error (EADDRINUSE). */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { deployment, listen: place, log } = options
  const isLocal = isLoopback(place.host)
  if (!isLocal && place.insecure !== true)
    throw new RangeError(`${place.host} is not this machine alone: MQTT without TLS must be asked for`)
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
  await chain.start()
  const brokers = new BrokerPool({ targets: [options.broker].flat(), pace: options.brokerPace, log })
  await brokers.start()
  const context: ProxyContext = {
    deployment,
    chain,
    journal: options.journal,
    live,
    failedLogins: new FailedLogins(),
    brokers,
    countries: options.countries ?? new Countries(openDatabase()),
    deniedPublish: options.deniedPublish ?? 'disconnect',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    counters: new Counters(),
    log,
  }
  const listener: Listener = {
    kind: 'mqtt',
    isEncrypted: false,
    acceptsCredentials: isLocal,
    audiences: options.audiences.map((name) => name.toLowerCase()),
  }
  const connections = new Map<number, Connection>()
  const server = createServer({ noDelay: true }, acceptor(context, listener, connections))
  await listen(server, options.listen).catch((error: unknown) => {
    chain.stop()
    brokers.stop()
    throw error
  })
  const clock = setInterval(() => {
    const now = Date.now()
    for (const connection of connections.values()) connection.tick(now)
  }, 1_000)
  return {
    port: portOf(server),
    view: () => ({ ...chain.views, block: chain.block, isFresh: chain.isFresh }),
    connections: () => connections.size,
    brokers: () => brokers.status(),
    stats: () => context.counters.snapshot(),
    setRules: (rules) => void Object.assign(context.limits, limitsOf(rules)),
    relocate: () => {
      for (const connection of connections.values()) connection.relocate()
    },
    async stop() {
      clearInterval(clock)
      const closed = new Promise((resolve) => server.close(resolve))
      for (const connection of connections.values()) {
        connection.cut(DenialReason.SHUTTING_DOWN, Reason.SERVER_SHUTTING_DOWN)
      }
      await closed
      chain.stop()
      brokers.stop()
    },
  }
}

/** Limits are checked at accept, before a byte is read: what is over them costs us one close. */
function acceptor(
  context: ProxyContext,
  listener: Listener,
  connections: Map<number, Connection>,
): (socket: Socket) => void {
  const desk = new AdmissionDesk(context.limits)
  const handlers = { device: handleDeviceFrame, broker: handleBrokerFrame }
  let lastId = 0
  return (socket) => {
    const address = plainAddress(socket.remoteAddress)
    const admission = desk.enter(address)
    if (typeof admission === 'string') {
      context.counters.count(`accept:${admission}`)
      socket.destroy()
      return
    }
    const id = ++lastId
    const accepted = { stream: socket, address, listener, admission, acceptedAt: Date.now() }
    connections.set(id, new Connection(id, accepted, { context, handlers, onClose: () => connections.delete(id) }))
  }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the listener has no port')
  return address.port
}
