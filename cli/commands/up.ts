/** @module `flytrap up`: starts everything, says what runs where, and ends it cleanly. */

import { rmSync } from 'node:fs'
import colors from 'picocolors'
import { pino } from 'pino'
import { withoutSecrets } from '../../contracts/rpc/secrets.ts'
import { loadConfig } from '../config.ts'
import type { GlobalOptions } from '../context.ts'
import { tellStory } from '../demo/story.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { writeJson } from '../home/files.ts'
import { type Home, locateHome, lockHome, openOrMakeHome } from '../home/home.ts'
import { createOutput, type Output } from '../terminal/output.ts'
import { liftBan, showBans } from '../up/bans.ts'
import { serveControl } from '../up/control.ts'
import { erasureHandlers } from '../up/erasure.ts'
import type { RulesInForce } from '../up/rules.ts'
import { type Running, startAll } from '../up/start.ts'

export async function up(options: GlobalOptions & { demo?: boolean }): Promise<void> {
  const config = loadConfig(process.env)
  const output = createOutput({ json: options.json === true })
  const home = openOrMakeHome(locateHome(options.home ?? config.FLYTRAP_HOME))
  const unlock = lockHome(home)
  const logFile = pino.destination({ dest: home.path('logs', 'flytrap.log'), mkdir: true })
  const log = pino({ name: 'flytrap', level: config.FLYTRAP_LOG_LEVEL }, logFile)
  const ended = untilAsked()
  try {
    const running = await startAll({
      home,
      config,
      log,
      progress: (what) => output.line(colors.dim(`  starting ${what} …`)),
      onLost: (what, isFatal) => ended.lose(what, isFatal),
    })
    await serve({ home, evidence: evidencePlace(home, config), running, output, demo: options.demo === true, ended })
  } finally {
    rmSync(home.path('run', 'endpoints.json'), { force: true })
    unlock()
  }
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
  const { records, proxy, keeper, rules } = running
  const reload = (): Promise<object> => reloadAnd(rules, output)
  const onHangUp = (): void => {
    void reload().catch(() => {}) // said already
    reloadCertificates(running, output)
  }
  process.on('SIGHUP', onHangUp)
  const control = await serveControl(home, {
    flush: () => records.flush(),
    ...erasureHandlers(records),
    rules: async () => {
      const { rules: current, seq } = rules.current()
      return { hash: current.hash, seq, document: current.document }
    },
    'rules-reload': reload,
    bans: async () => showBans(proxy),
    'ban-lift': (given) => liftBan(proxy, given),
    status: async () => ({
      records: records.status(),
      connections: proxy.connections(),
      brokers: proxy.brokers(),
      view: { block: proxy.view().block, isFresh: proxy.view().isFresh },
      chain: proxy.view().endpoints,
      keeper: keeper?.status() ?? null,
      counters: proxy.stats(),
      warnings: running.warnings,
    }),
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

function tellDemo({ home, evidence, running, output, ended }: Serving): Promise<void> {
  const { records, proxy, urls } = running
  const place = { ...running, flush: () => records.flush(), viewBlock: async () => proxy.view().block.number }
  return tellStory({ home, evidence, running: { ...place, mqtt: urls.mqtt }, output, isEnding: ended.isAsked })
}

/** Says what came of it where the owner looks; a refusal leaves the old rules in force. */
async function reloadAnd(rules: RulesInForce, output: Output): Promise<object> {
  try {
    const { hash, seq } = await rules.reload()
    output.line(`${colors.green('✓')} new rules in force, as POLICY record ${seq}, SHA-256 ${hash}`)
    return { hash, seq }
  } catch (error) {
    console.error(`${colors.red('✗')} ${(error as Error).message}\n  The old rules stay in force.`)
    throw error
  }
}

/** The files are looked at all the time; this is for whoever does not want to wait. */
function reloadCertificates({ proxy }: Running, output: Output): void {
  try {
    proxy.reloadCertificates()
    output.line(`${colors.green('✓')} certificate and key read again`)
  } catch (error) {
    console.error(`${colors.red('✗')} ${(error as Error).message}\n  The old certificate stays in force.`)
  }
}

const readyLine = (home: Home, { urls, caFile, gateway, rpcUrl, deployment, broker, metrics }: Running) => ({
  ready: true,
  ...urls,
  caFile,
  gateway,
  rpc: withoutSecrets(rpcUrl),
  contract: deployment.contract,
  broker,
  metrics,
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
    ['playground', `${gateway}/playground/`],
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

interface Ended {
  /** Resolves at Ctrl-C, SIGTERM, or when a part is lost without which nothing works. */
  asked: Promise<void>
  isAsked: () => boolean
  lose(what: string, isFatal: boolean): void
}

function untilAsked(): Ended {
  let ask: () => void = () => {}
  let isAsked = false
  const asked = new Promise<void>((resolve) => {
    ask = () => {
      // Asked twice: whoever waits may stop waiting.
      if (isAsked) process.exit(130)
      isAsked = true
      resolve()
    }
  })
  process.on('SIGINT', () => ask())
  process.on('SIGTERM', () => ask())
  return {
    asked,
    isAsked: () => isAsked,
    lose(what, isFatal) {
      if (isAsked) return
      const then = isFatal
        ? 'Everything ends now; start again with: npx flytrap up'
        : 'Accesses go on while the view is fresh, records wait on disk. Start again with: npx flytrap up'
      console.error(`\n✗ ${what} ended by itself. ${then}`)
      if (!isFatal) return
      process.exitCode = 1
      ask()
    },
  }
}
