/**
 * @module One proxy with its own recorder, journal and figures: in the process of `up`, or in one of its own beside it
 * (`unit-process.ts`). All share the home's rules, ban keys, evidence and ports.
 */
import type { Logger } from 'pino'
import type { BrokerTarget } from '../../proxy/broker/target.ts'
import { Countries } from '../../proxy/geo/countries.ts'
import { openDatabase } from '../../proxy/geo/database.ts'
import type { ListenerOptions } from '../../proxy/listen/listener-options.ts'
import { limitsOf, recordsRules } from '../../proxy/rules/apply.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import { openRecords } from '../../records/open-records.ts'
import type { Records } from '../../records/port.ts'
import type { Config } from '../config.ts'
import type { SavedDeployment } from '../context.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import type { Home } from '../home/home.ts'
import type { GatewayChild } from './gateway.ts'
import { serveMetrics } from './metrics.ts'
import { followRules, loadRules, type RulesInForce } from './rules.ts'
import { journalOf, numbered } from './unit-names.ts'

/** Plain data: it also goes to another process. */
export interface UnitOrder {
  /** From 1, which is the process of `up`. */
  number: number
  recorderKey: string
  rpcUrl: string
  deployment: SavedDeployment
  targets: BrokerTarget[]
  listen: ListenerOptions[]
  metricsPort: number
}

export interface UnitPlace {
  home: Home
  config: Config
  log: Logger
  isBlockSafe: (block: number) => boolean
  /** Follows the same rules; told by the process of `up` alone. */
  gateway?: GatewayChild
}

export interface Unit {
  records: Records
  proxy: RunningProxy
  rules: RulesInForce
  metrics: string
  stop(): Promise<void>
}

const EMBEDDED_POLL_MS = 200
const POLL_MS = 1_000
export const pollMsOf = ({ embedded }: SavedDeployment): number => (embedded ? EMBEDDED_POLL_MS : POLL_MS)

/** Rejects with the first part's error, having ended what was started before. */
export async function startUnit(order: UnitOrder, place: UnitPlace): Promise<Unit> {
  const ends: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) {
      await end().catch((error: unknown) => place.log.error({ err: error }, 'a part did not end well'))
    }
  }
  try {
    return { ...(await startParts(order, place, ends)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  order: UnitOrder,
  { home, config, log, isBlockSafe, gateway }: UnitPlace,
  ends: (() => Promise<void>)[],
): Promise<Omit<Unit, 'stop'>> {
  const { number, rpcUrl, targets, listen } = order
  const { chainId, contract, deployBlock, embedded } = order.deployment
  const rules = loadRules(home, { embedded })
  const countries = new Countries(openDatabase(config.FLYTRAP_GEOIP))
  countries.setOverrides(rules.geo.overrides)
  const records = await openRecords({
    journalPath: journalOf(home, number),
    evidencePath: evidencePlace(home, config),
    deployment: { chainId, contract },
    recorderKey: order.recorderKey,
    rpcUrl,
    confirmations: rules.anchoring.confirmations,
    ...recordsRules(rules, { embedded }),
    isBlockSafe,
    log: log.child({ part: 'records' }),
  })
  ends.push(() => records.stop())
  const proxy = await startProxy({
    listen,
    broker: targets,
    deployment: { chainId, contract, deployBlock },
    rpcUrl,
    confirmations: rules.anchoring.confirmations,
    pollMs: pollMsOf(order.deployment),
    limits: limitsOf(rules),
    abuse: rules.abuse,
    banKeysPath: config.FLYTRAP_BAN_KEYS_FILE ?? home.path('ban-keys.json'),
    provedPlace: { dir: home.path('proved'), name: numbered('proxy', number) },
    countries,
    viewSnapshotPath: home.path(numbered('view', number, '.json')),
    // One file each: sessions move between processes.
    keptGroupsPath: home.path('kept-groups.sqlite'),
    keptReleasesPath: home.path('kept-releases.sqlite'),
    audiences: config.FLYTRAP_AUDIENCES,
    journal: records.journal,
    log: log.child({ part: 'proxy' }),
  })
  ends.push(() => proxy.stop())
  const later = 'what the proxy remembers is not erased yet, trying again'
  await records.eraseAlso(proxy).catch((error: unknown) => log.warn({ err: error }, later))
  const metrics = await serveMetrics({ proxy, records, gateway }, order.metricsPort)
  ends.push(() => metrics.stop())
  const inForce = followRules(
    { rules, seq: records.status().policySeq },
    { home, embedded, records, gateway, proxy, countries, geoFile: config.FLYTRAP_GEOIP },
  )
  return { records, proxy, metrics: metrics.url, rules: inForce }
}
