/** @module Starts all parts of one FlyTrap in their order, and ends them in the opposite one. */

import { fileURLToPath } from 'node:url'
import type { DevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { openDatabase } from '../../proxy/geo/database.ts'
import { DEFAULT_LIMITS } from '../../proxy/limits.ts'
import { recordsRules } from '../../proxy/rules/apply.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import { EVIDENCE_SCHEMA, JOURNAL_SCHEMA } from '../../records/journal/database.ts'
import type { Records } from '../../records/port.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import type { SavedDeployment } from '../context.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import type { Keeper } from '../keeper/keeper.ts'
import { type AllUnits, joinUnits } from './all-units.ts'
import { startBroker } from './broker.ts'
import { openEndpoints, startChain } from './chain.ts'
import { findOrDeploy, prepareRecorders, prepareSigner } from './deployment.ts'
import { forkGateway, type GatewayChild } from './gateway.ts'
import { startKeeperIfAsked } from './keeper.ts'
import { clearTextHost, type DeviceUrls, deviceUrls, planListeners, portsOf } from './listeners.ts'
import { type MoreUnit, startMoreUnit } from './more-units.ts'
import { newerFirst } from './newer-first.ts'
import { pickPorts } from './pick-ports.ts'
import { reachOf } from './reach.ts'
import { loadOrMakeRules, publishRules, type RulesInForce } from './rules.ts'
import type { StartOptions } from './start-options.ts'
import { pollMsOf, startUnit, type UnitOrder } from './unit.ts'
import { journalOf, warnOfIdleRecorders } from './unit-names.ts'
import { warnOfFewFiles, warnOfOpenBrokers } from './warnings.ts'

export interface Running {
  rpcUrl: string
  /** What devices dial; null for what is off. */
  urls: DeviceUrls
  /** What clients name to trust the development certificate; null where another one serves. */
  caFile: string | null
  /** What works and is not well. */
  warnings: string[]
  gateway: GatewayChild
  broker: string
  deployment: SavedDeployment
  /** Of the first proxy, in this process. */
  records: Records
  proxy: RunningProxy
  /** With those of other processes. */
  all: AllUnits
  /** Undefined unless FLYTRAP_KEEPER_ABOVE is set. */
  keeper: Keeper | undefined
  rules: RulesInForce
  /** One a proxy. */
  metrics: string[]
  stop(): Promise<void>
}

const SUBGRAPH_BUILD = fileURLToPath(new URL('../../subgraph/build', import.meta.url))

/** Rejects with the first part's error, having ended what was started before. */
export async function startAll(options: StartOptions): Promise<Running> {
  const ends: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) {
      await end().catch((error: unknown) => options.log.error({ err: error }, 'a part did not end well'))
    }
  }
  try {
    return { ...(await startParts(options, ends)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(options: StartOptions, ends: (() => Promise<void>)[]): Promise<Omit<Running, 'stop'>> {
  const { home, config, log, progress, proxies } = options
  const rules = loadOrMakeRules(home, { embedded: config.FLYTRAP_RPC_URL === undefined })
  openDatabase(config.FLYTRAP_GEOIP) // a bad one is refused before anything is started
  const host = clearTextHost(config)
  const ports = await pickPorts(config, proxies)
  const plan = await planListeners(home, config)
  ends.push(async () => plan.stop())
  progress('chain')
  const devChain = await startChain(options, ports.chain)
  if (devChain !== undefined) ends.push(() => devChain.stop())
  const rpcUrl = config.FLYTRAP_RPC_URL ?? devChain?.url ?? ''
  const place = { rpc: openEndpoints(options, rpcUrl), devChain }

  progress('contract')
  const deployment = await findOrDeploy(home, config, place)
  const recorders = await prepareRecorders(home, deployment, place, proxies)
  const signer = openFileSigner({ dir: home.path('report'), now: Math.floor(Date.now() / 1_000) })
  await prepareSigner(home, deployment, place, signer)

  progress('broker')
  const { targets, name, embedded } = await startBroker(options, ports.broker)
  if (embedded !== undefined) ends.push(() => embedded.stop())

  const pollMs = pollMsOf(deployment)
  publishRules(home, rules)
  const { chainId, contract, deployBlock } = deployment
  const evidencePath = evidencePlace(home, config)

  const keeper = await startKeeperIfAsked(options, deployment, place)
  if (keeper !== undefined) ends.push(() => keeper.stop())

  progress(
    `gateway${newerFirst([
      [home.path('gateway.sqlite'), JOURNAL_SCHEMA],
      [evidencePath, EVIDENCE_SCHEMA],
    ])}`,
  )
  const engine = { buildDir: SUBGRAPH_BUILD, dbPath: home.path('history.sqlite'), rpcUrl, contract, deployBlock }
  const { capture: _, ...pace } = recordsRules(rules, { embedded: deployment.embedded })
  const recorder = {
    ...{ evidencePath, deployment: { chainId, contract }, rpcUrl },
    ...pace,
    confirmations: rules.anchoring.confirmations,
    journalPath: home.path('gateway.sqlite'),
    recorderKey: recorders.gateway.key,
    isChainOurs: devChain !== undefined,
  }
  const gateway = await forkGateway(
    {
      host,
      port: ports.gateway,
      engine: { ...engine, chainId, pollMs },
      graphUrl: config.FLYTRAP_GRAPH_URL,
      recorder,
      owners: {
        // Another node's address may hold a key.
        publicRpcUrl: config.FLYTRAP_PUBLIC_RPC_URL ?? (deployment.embedded ? rpcUrl : undefined),
        devices: deviceUrls(plan, portsOf(plan)),
      },
      reports: { signerDir: home.path('report'), confirmations: deployment.embedded ? 1 : 2 },
      reach: reachOf(config),
      log: { level: config.FLYTRAP_LOG_LEVEL, path: home.path('logs', 'gateway.log') },
    },
    devChain?.dumpedThrough,
  )
  ends.push(() => gateway.stop())

  progress(`proxy${newerFirst([[journalOf(home, 1), JOURNAL_SCHEMA]])}`)
  const order = { rpcUrl, deployment, targets }
  const unitOrder = (i: number): UnitOrder => ({
    ...order,
    number: i + 1,
    recorderKey: recorders.proxies[i]!.key,
    listen: plan.listen.map((place) => ({ ...place, reusePort: proxies > 1 })),
    metricsPort: ports.metrics[i]!,
  })
  const isBlockSafe = (block: number): boolean => devChain === undefined || block <= devChain.dumpedThrough()
  const first = await startUnit(unitOrder(0), { home, config, log, isBlockSafe, gateway })
  const more: MoreUnit[] = []
  // All at once: each drains for some seconds.
  ends.push(async () => void (await Promise.all([first.stop(), ...more.map((unit) => unit.stop())])))
  for (let i = 1; i < proxies; i++) {
    progress(`proxy ${i + 1}${newerFirst([[journalOf(home, i + 1), JOURNAL_SCHEMA]])}`)
    const { dumpedThrough } = devChain ?? {}
    const onLost = (what: string): void => options.onLost(what, 'restarted')
    more.push(await startMoreUnit({ homeDir: home.dir, order: unitOrder(i), dumpedThrough, onLost }))
  }
  watch(options, { devChain, gateway }, ends)
  return {
    rpcUrl,
    urls: deviceUrls(plan, first.proxy.ports),
    caFile: plan.caFile,
    warnings: [
      ...recorders.warnings,
      ...warnOfIdleRecorders(home, proxies),
      ...(embedded === undefined ? await warnOfOpenBrokers(targets) : []),
      // The default was asked for by nobody: `status` says what there is.
      ...(rules.limits.connections === DEFAULT_LIMITS.connections ? [] : warnOfFewFiles(rules.limits.connections)),
    ],
    gateway,
    broker: name,
    deployment,
    ...first,
    all: joinUnits(first, more, gateway),
    metrics: [first.metrics, ...more.map(({ metrics }) => metrics)],
    keeper,
  }
}

interface Watched {
  devChain: DevChain | undefined
  gateway: { exited: Promise<unknown> }
}

/** A part that ends while nobody asked it to: said at once. The embedded broker starts again by itself. */
function watch({ onLost }: StartOptions, { devChain, gateway }: Watched, ends: unknown[]): void {
  const tell = (what: string, then: 'ends' | 'goes on') => (): void => {
    if (ends.length > 0) onLost(what, then)
  }
  // Accesses go on while the view is fresh, and records wait in the journal: the chain's end is not ours.
  devChain?.exited.then(tell('the embedded chain', 'goes on'))
  gateway.exited.then(tell('the gateway', 'ends'))
}
