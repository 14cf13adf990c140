/** @module `flytrap up`: starts everything, says what runs where, and ends it cleanly. */

import { rmSync } from 'node:fs'
import colors from 'picocolors'
import { pino } from 'pino'
import { withoutSecrets } from '../../contracts/rpc/secrets.ts'
import type { GatewayRecorderStatus } from '../../gateway/recorder/port.ts'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import { type Config, loadConfig } from '../config.ts'
import type { GlobalOptions } from '../context.ts'
import { tellStory } from '../demo/story.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { writeJson } from '../home/files.ts'
import { type Home, locateHome, lockHome, openOrMakeHome } from '../home/home.ts'
import { createOutput, type Output } from '../terminal/output.ts'
import { withProgress } from '../terminal/progress.ts'
import type { AllUnits, ProxyStatus } from '../up/all-units.ts'
import { liftBan, showBans } from '../up/bans.ts'
import { serveControl } from '../up/control.ts'
import { type Ended, untilAsked } from '../up/ended.ts'
import { erasureHandlers } from '../up/erasure.ts'
import { issueHandlers } from '../up/report-issues.ts'
import { type Running, startAll } from '../up/start.ts'
import { mostConnections, warnOfShortfalls } from '../up/warnings.ts'

interface UpOptions extends GlobalOptions {
  demo?: boolean
  proxies?: string
}

export async function up(options: UpOptions): Promise<void> {
  const config = loadConfig(process.env)
  const output = createOutput({ json: options.json === true })
  const home = openOrMakeHome(locateHome(options.home ?? config.FLYTRAP_HOME))
  const unlock = lockHome(home)
  const logFile = pino.destination({ dest: home.path('logs', 'flytrap.log'), mkdir: true })
  const log = pino({ name: 'flytrap', level: config.FLYTRAP_LOG_LEVEL }, logFile)
  const ended = untilAsked()
  try {
    let part = 'home'
    const starting = startAll({
      home,
      config,
      log,
      progress: (what) => {
        part = what
        output.line(colors.dim(`  starting ${what} …`))
      },
      proxies: proxiesOf(options, config),
      onLost: (what, then) => ended.lose(what, then),
    })
    const running = await withProgress(output, () => `starting ${part}`, starting)
    await serve({ home, evidence: evidencePlace(home, config), running, output, demo: options.demo === true, ended })
  } finally {
    rmSync(home.path('run', 'endpoints.json'), { force: true })
    unlock()
  }
}

/** As the option says, else the environment. */
function proxiesOf({ proxies }: UpOptions, config: Config): number {
  if (proxies === undefined) return config.FLYTRAP_PROXIES
  return loadConfig({ ...process.env, FLYTRAP_PROXIES: proxies }).FLYTRAP_PROXIES
}

interface Serving {
  home: Home
  evidence: string
  running: Running
  output: Output
  demo: boolean
  ended: Ended
}

async function serve({ home, evidence, running, output, demo, ended }: Serving): Promise<void> {
  const { records, gateway, proxy, keeper, rules, all } = running
  const reload = (): Promise<object> => reloadAnd(all, output)
  const onHangUp = (): void => {
    void reload().catch(() => {}) // said already
    void reloadCertificates(all, output)
  }
  process.on('SIGHUP', onHangUp)
  const control = await serveControl(home, {
    flush: () => all.flush(),
    ...erasureHandlers(records, all),
    ...issueHandlers(gateway),
    rules: async () => {
      const { rules: current, seq } = rules.current()
      return { hash: current.hash, seq, document: current.document }
    },
    'rules-reload': reload,
    bans: async () => showBans(await all.bans()),
    'ban-lift': (given) => liftBan(all, given),
    status: async () => {
      const proxies = await all.status()
      return {
        records: records.status(),
        gatewayRecorder: await gateway.ask('status').catch((error: Error) => notThere(error)),
        connections: proxies.reduce((sum, { status }) => sum + (status?.connections ?? 0), 0),
        mostConnections: mostConnections(rules.current().rules.limits.connections) * proxies.length,
        brokers: proxy.brokers(),
        view: { block: proxy.view().block, isFresh: proxy.view().isFresh },
        chain: proxy.view().endpoints,
        keeper: keeper?.status() ?? null,
        counters: sumOf(proxies),
        proxies,
        warnings: [...running.warnings, ...warnOfShortfalls(proxy.view().shortfalls)],
      }
    },
  })
  try {
    const ready = readyLine(home, running)
    writeJson(home.path('run', 'endpoints.json'), ready)
    output.result(ready)
    showReady(home, running, output)
    const story = demo ? tellDemo({ home, evidence, running, output, demo, ended }) : Promise.resolve()
    await Promise.race([ended.asked, story.then(() => ended.asked)])
    output.line('\nEnding …')
  } finally {
    process.off('SIGHUP', onHangUp)
    await control.stop()
    await running.stop()
  }
  output.line('Ended. All of it is kept in the home; the next start goes on from here.')
}

function sumOf(proxies: readonly ProxyStatus[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { status } of proxies)
    for (const [name, count] of Object.entries(status?.counters ?? {})) sums[name] = (sums[name] ?? 0) + count
  return sums
}

const notThere = ({ message }: Error): GatewayRecorderStatus => ({
  isOpen: false,
  code: 'RECORDER_NOT_ACTIVE',
  trouble: message,
})

function tellDemo({ home, evidence, running, output, ended }: Serving): Promise<void> {
  const { proxy, urls, gateway, all } = running
  const place = {
    ...running,
    flush: () => all.flush(),
    issuing: {
      issue: (report: ReportToIssue) => gateway.ask('issue', report),
      issued: ({ reportHash }: ReportToIssue) => gateway.ask('issued', reportHash),
    },
    gateway: gateway.url,
    viewBlock: async () => proxy.view().block.number,
  }
  return tellStory({ home, evidence, running: { ...place, mqtt: urls.mqtt }, output, isEnding: ended.isAsked })
}

/** Says what came of it where the owner looks; a refusal leaves the old rules in force. */
async function reloadAnd(all: AllUnits, output: Output): Promise<object> {
  try {
    const { hash, seq } = await all.reload()
    output.line(`${colors.green('✓')} new rules in force, as POLICY record ${seq}, SHA-256 ${hash}`)
    return { hash, seq }
  } catch (error) {
    console.error(`${colors.red('✗')} ${(error as Error).message}\n  The old rules stay in force.`)
    throw error
  }
}

/** The files are looked at all the time; this is for whoever does not want to wait. */
async function reloadCertificates(all: AllUnits, output: Output): Promise<void> {
  try {
    await all.reloadCertificates()
    output.line(`${colors.green('✓')} certificate and key read again`)
  } catch (error) {
    console.error(`${colors.red('✗')} ${(error as Error).message}\n  The old certificate stays in force.`)
  }
}

const readyLine = (home: Home, { urls, caFile, gateway, rpcUrl, deployment, broker, metrics }: Running) => ({
  ready: true,
  ...urls,
  caFile,
  gateway: gateway.url,
  rpc: withoutSecrets(rpcUrl),
  contract: deployment.contract,
  broker,
  metrics: metrics[0],
  ...(metrics.length > 1 ? { moreMetrics: metrics.slice(1) } : {}),
  home: home.dir,
})

function showReady(home: Home, running: Running, output: Output): void {
  const { gateway, rpcUrl, deployment, broker, warnings } = running
  const place = withoutSecrets(rpcUrl)
  const chain = deployment.embedded ? `${place}  (embedded; its operator can rewrite it)` : place
  output.line(`\n${colors.green('●')} ${colors.bold('FlyTrap runs')}\n`)
  const rows = [
    ...deviceRows(running),
    ['broker', broker],
    ['pages', gateway.url],
    ['playground', `${gateway.url}/playground/`],
    ['owners', `${gateway.url}/owner/topics  (with a browser wallet)`],
    ['chain', chain],
    ['contract', deployment.contract],
    ['home', home.dir],
  ]
  for (const [name = '', text = ''] of rows) output.line(`  ${colors.dim(name.padEnd(11))} ${text}`)
  output.line('')
  for (const warning of warnings) console.error(`${colors.yellow('!')} ${warning}\n`)
}

/** With a development certificate, the option that makes a client trust it. */
function deviceRows({ urls, caFile }: Running): string[][] {
  const trust = caFile === null ? '' : `  (mosquitto_pub --cafile ${caFile})`
  const rows = [
    ['MQTT', urls.mqtt],
    ['MQTT, TLS', urls.mqtts === null ? null : `${urls.mqtts}${trust}`],
    ['WebSocket', urls.ws],
    ['and TLS', urls.wss],
  ]
  return rows.filter((row): row is string[] => row[1] !== null)
}
