/** @module Starts all parts of one FlyTrap in their order, and ends them in the opposite one. */

import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type DevChain, startDevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { createFailoverRpc, type FailoverRpc } from '../../contracts/rpc/failover.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { parseBrokerUrls } from '../../proxy/broker/parse-targets.ts'
import { type BrokerTarget, nameOf } from '../../proxy/broker/target.ts'
import { Countries } from '../../proxy/geo/countries.ts'
import { openDatabase } from '../../proxy/geo/database.ts'
import { limitsOf, recordsRules } from '../../proxy/rules/apply.ts'
import { type RunningProxy, startProxy } from '../../proxy/start-proxy.ts'
import { openRecords } from '../../records/open-records.ts'
import type { Records } from '../../records/port.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import type { Config } from '../config.ts'
import { readDeployment, type SavedDeployment } from '../context.ts'
import { adoptPurposes, evidencePlace } from '../home/evidence-place.ts'
import type { Home } from '../home/home.ts'
import { findOrMakeKey } from '../home/keys.ts'
import { type Keeper, startKeeper } from '../keeper/keeper.ts'
import { pickPort } from '../ports.ts'
import { type ChainPlace, ENOUGH, findOrDeploy, prepareRecorder, prepareSigner } from './deployment.ts'
import { forkGateway } from './gateway.ts'
import { clearTextHost, type DeviceUrls, deviceUrls, planListeners } from './listeners.ts'
import { serveMetrics } from './metrics.ts'
import { followRules, loadOrMakeRules, publishRules, type RulesInForce } from './rules.ts'
import { warnOfFewFiles, warnOfOpenBrokers } from './warnings.ts'

export interface StartOptions {
  home: Home
  config: Config
  log: Logger
  /** Tells people what is being started. */
  progress: (what: string) => void
  /** Tells of a part that ended by itself. */
  onLost: (what: string, isFatal: boolean) => void
}

export interface Running {
  rpcUrl: string
  /** What devices dial; null for what is off. */
  urls: DeviceUrls
  /** What clients name to trust the development certificate; null where another one serves. */
  caFile: string | null
  /** What works and is not well. */
  warnings: string[]
  gateway: string
  broker: string
  deployment: SavedDeployment
  records: Records
  proxy: RunningProxy
  /** Undefined unless FLYTRAP_KEEPER_ABOVE is set. */
  keeper: Keeper | undefined
  rules: RulesInForce
  metrics: string
  stop(): Promise<void>
}

const EMBEDDED_POLL_MS = 200
const POLL_MS = 1_000
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
  const { home, config, log, progress } = options
  const rules = loadOrMakeRules(home, { embedded: config.FLYTRAP_RPC_URL === undefined })
  const countries = new Countries(openDatabase(config.FLYTRAP_GEOIP))
  countries.setOverrides(rules.geo.overrides)
  const host = clearTextHost(config)
  const ports = await pickPorts(config)
  const plan = await planListeners(home, config)
  ends.push(async () => plan.stop())
  progress('chain')
  const devChain = await startChain(options, ports.chain)
  if (devChain !== undefined) ends.push(() => devChain.stop())
  const rpcUrl = config.FLYTRAP_RPC_URL ?? devChain?.url ?? ''
  const place = { rpc: openEndpoints(options, rpcUrl), devChain }

  progress('contract')
  const deployment = await findOrDeploy(home, config, place)
  const recorder = await prepareRecorder(home, deployment, place)
  const signer = openFileSigner({ dir: home.path('report'), now: Math.floor(Date.now() / 1_000) })
  await prepareSigner(home, deployment, place, signer)

  progress('broker')
  const { targets, name, embedded } = await startBroker(options, ports.broker)
  if (embedded !== undefined) ends.push(() => embedded.stop())

  progress('records')
  const pollMs = deployment.embedded ? EMBEDDED_POLL_MS : POLL_MS
  publishRules(home, rules)
  const { chainId, contract, deployBlock } = deployment
  const evidencePath = evidencePlace(home, config)
  await adoptPurposes(home, evidencePath)
  const records = await openRecords({
    journalPath: home.path('journal.sqlite'),
    evidencePath,
    deployment: { chainId, contract },
    recorderKey: recorder.key,
    rpcUrl,
    confirmations: rules.anchoring.confirmations,
    ...recordsRules(rules, { embedded: deployment.embedded }),
    isBlockSafe: (block) => devChain === undefined || block <= devChain.dumpedThrough(),
    log: log.child({ part: 'records' }),
  })
  ends.push(() => records.stop())

  const keeper = await startKeeperIfAsked(options, deployment, place)
  if (keeper !== undefined) ends.push(() => keeper.stop())

  progress('gateway')
  const engine = { buildDir: SUBGRAPH_BUILD, dbPath: home.path('history.sqlite'), rpcUrl, contract, deployBlock }
  const gateway = await forkGateway({
    host,
    port: ports.gateway,
    engine: { ...engine, chainId: chainId.toString(), pollMs },
    log: { level: config.FLYTRAP_LOG_LEVEL, path: home.path('logs', 'gateway.log') },
  })
  ends.push(() => gateway.stop())

  progress('proxy')
  const proxy = await startProxy({
    listen: plan.listen,
    broker: targets,
    deployment: { chainId, contract, deployBlock },
    rpcUrl,
    confirmations: rules.anchoring.confirmations,
    pollMs,
    limits: limitsOf(rules),
    abuse: rules.abuse,
    banKeysPath: config.FLYTRAP_BAN_KEYS_FILE ?? home.path('ban-keys.json'),
    countries,
    viewSnapshotPath: home.path('view.json'),
    audiences: config.FLYTRAP_AUDIENCES,
    journal: records.journal,
    log: log.child({ part: 'proxy' }),
  })
  ends.push(() => proxy.stop())
  const metrics = await serveMetrics({ proxy, records }, ports.metrics)
  ends.push(() => metrics.stop())
  watch(options, { devChain, gateway }, ends)
  return {
    rpcUrl,
    urls: deviceUrls(plan, proxy.ports),
    caFile: plan.caFile,
    warnings: [
      ...(embedded === undefined ? await warnOfOpenBrokers(targets) : []),
      ...warnOfFewFiles(rules.limits.connections),
    ],
    gateway: gateway.url,
    broker: name,
    deployment,
    records,
    proxy,
    metrics: metrics.url,
    keeper,
    rules: followRules(
      { rules, seq: records.status().policySeq },
      { home, embedded: deployment.embedded, records, proxy, countries, geoFile: config.FLYTRAP_GEOIP },
    ),
  }
}

/** Bound to the home's contract as soon as there is one: an endpoint of another chain is refused, and said so. */
function openEndpoints({ home, log }: StartOptions, rpcUrl: string): FailoverRpc {
  const saved = readDeployment(home)
  const deployment = saved === undefined ? {} : { deployment: { chainId: saved.chainId, address: saved.contract } }
  return createFailoverRpc(rpcUrl, { ...deployment, timeoutMs: 30_000, log: log.child({ part: 'chain' }) })
}

async function startKeeperIfAsked(
  { home, config, log }: StartOptions,
  deployment: SavedDeployment,
  { rpc, devChain }: ChainPlace,
): Promise<Keeper | undefined> {
  const above = config.FLYTRAP_KEEPER_ABOVE
  if (above === undefined) return undefined
  const { address, key } = findOrMakeKey(home, config.FLYTRAP_KEEPER_KEY)
  await devChain?.fund(address, ENOUGH)
  return startKeeper({
    rpc,
    deployment,
    key,
    above,
    everyMs: config.FLYTRAP_KEEPER_EVERY,
    maxGasPrice: config.FLYTRAP_KEEPER_MAX_GAS_PRICE,
    maxCost: config.FLYTRAP_KEEPER_MAX_COST,
    memoryPath: home.path('keeper.json'),
    log: log.child({ part: 'keeper' }),
  })
}

async function pickPorts(config: Config) {
  const at = (setting: string, wanted: number | undefined, usual: number, host = '127.0.0.1') =>
    pickPort({ setting, wanted, usual, host })
  return {
    chain: config.FLYTRAP_RPC_URL === undefined ? await at('FLYTRAP_CHAIN_PORT', config.FLYTRAP_CHAIN_PORT, 8545) : 0,
    broker:
      config.FLYTRAP_BROKER_URL === undefined ? await at('FLYTRAP_BROKER_PORT', config.FLYTRAP_BROKER_PORT, 11_883) : 0,
    gateway: await at('FLYTRAP_GATEWAY_PORT', config.FLYTRAP_GATEWAY_PORT, 4000, clearTextHost(config)),
    metrics: await at('FLYTRAP_METRICS_PORT', config.FLYTRAP_METRICS_PORT, 9464),
  }
}

async function startChain({ home, config, log }: StartOptions, port: number): Promise<DevChain | undefined> {
  if (config.FLYTRAP_RPC_URL !== undefined) return undefined
  return startDevChain({ dir: home.path('chain'), port, log: log.child({ part: 'chain' }) })
}

interface Broker {
  targets: BrokerTarget[]
  name: string
  embedded: EmbeddedBroker | undefined
}

async function startBroker({ home, config, log }: StartOptions, port: number): Promise<Broker> {
  if (config.FLYTRAP_BROKER_URL !== undefined) {
    const { FLYTRAP_BROKER_PASSWORD_FILE: passwordFile, FLYTRAP_BROKER_CA_FILE: caFile } = config
    const targets = parseBrokerUrls(config.FLYTRAP_BROKER_URL, { passwordFile, caFile })
    return { targets, name: targets.map(nameOf).join(', '), embedded: undefined }
  }
  const kind = config.FLYTRAP_BROKER
  const embedded = await startEmbeddedBroker({
    dir: home.path('broker'),
    port,
    kind,
    log: log.child({ part: 'broker' }),
  })
  return { targets: [embedded.target], name: embedded.kind, embedded }
}

interface Watched {
  devChain: DevChain | undefined
  gateway: { exited: Promise<unknown> }
}

/** A part that ends while nobody asked it to: said at once. The embedded broker starts again by itself. */
function watch({ onLost }: StartOptions, { devChain, gateway }: Watched, ends: unknown[]): void {
  const tell = (what: string, isFatal: boolean) => (): void => {
    if (ends.length > 0) onLost(what, isFatal)
  }
  // Accesses go on while the view is fresh, and records wait in the journal: the chain's end is not ours.
  devChain?.exited.then(tell('the embedded chain', false))
  gateway.exited.then(tell('the gateway', true))
}
