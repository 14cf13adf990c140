/** @module `flytrap status | flush | demo`: what the running `up` is asked. */
import { formatEther } from 'ethers'

import colors from 'picocolors'
import type { EndpointHealth } from '../../contracts/rpc/endpoint.ts'
import { showTime } from '../../domain/amounts.ts'
import type { GatewayRecorderStatus } from '../../gateway/recorder/port.ts'
import type { BrokerStatus } from '../../proxy/broker/watch.ts'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import type { RecordsStatus, SpendingStatus } from '../../records/port.ts'
import { asked } from '../actions/anchoring.ts'
import { type GlobalOptions, notRunning, openChain, openContext, readEndpoints } from '../context.ts'
import { tellStory } from '../demo/story.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import type { KeeperStatus } from '../keeper/keeper.ts'
import type { ProxyStatus } from '../up/all-units.ts'
import { askUp } from '../up/control.ts'
import type { Issued } from '../up/gateway-messages.ts'

interface Status {
  records: RecordsStatus
  gatewayRecorder: GatewayRecorderStatus
  connections: number
  /** As the rules and the system's open files allow. */
  mostConnections: number
  brokers: BrokerStatus[]
  view: { block: { number: number; hash: string }; isFresh: boolean }
  /** The RPC endpoints as the view of the chain knows them, the preferred one first. */
  chain: EndpointHealth[]
  keeper: KeeperStatus | null
  counters: Record<string, number>
  warnings: string[]
  /** Each process, this one first. */
  proxies: ProxyStatus[]
}

export async function status(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const found = await askUp<Status>(home, 'status')
  const endpoints = readEndpoints(home)
  output.result({ ...found, endpoints })
  const { records, connections, brokers, view, chain, keeper, counters } = found
  const trouble = troubleOf(found)
  output.line(`${trouble === null ? colors.green('●') : colors.red('●')} ${trouble ?? 'all is well'}\n`)
  const oldest = records.oldestUnanchored === null ? '' : `, the oldest of ${showTime(records.oldestUnanchored)}`
  const rows = [
    ['devices', `${connections} connected, at most ${found.mostConnections}`],
    ...brokers.map((broker) => ['broker', describeBroker(broker)]),
    ['view', `block ${view.block.number}${view.isFresh ? '' : ' (stale)'}`],
    ...chain.map((endpoint, i) => [i === 0 ? 'chain' : '', showEndpoint(endpoint)]),
    ['recorder', `${records.recorderId} (${records.recorder})`],
    [
      'on chain',
      `up to sequence ${records.nextSeq - 1 - records.unanchored - records.unbatched}, complete through ${showTime(records.through)} (${showAge(records.watermarkAge)} ago)`,
    ],
    ...found.proxies.slice(1).map((proxy) => [`proxy ${proxy.number}`, showProxy(proxy)]),
    ['waiting', `${records.unbatched} to be batched, ${records.unanchored} to be final${oldest}${showEnd(records)}`],
    ['MQTT', [endpoints?.mqtt, endpoints?.mqtts, endpoints?.ws, endpoints?.wss].filter(Boolean).join('  ')],
    ['gas', showSpending(records.spending)],
    ['gateway', endpoints?.gateway ?? '—'],
    ['', showGatewayRecorder(found.gatewayRecorder)],
    ...(found.gatewayRecorder.isOpen ? [['reports', showIssues(found.gatewayRecorder.records.issues)]] : []),
    ...(keeper === null ? [] : [['keeper', showKeeper(keeper)]]),
  ]
  for (const [name = '', text = ''] of rows) output.line(`  ${colors.dim(name.padEnd(9))} ${text}`)
  for (const warning of found.warnings) output.line(`\n  ${colors.yellow('!')} ${warning}`)
  const refusals = Object.entries(counters).filter(([name]) => !/allowed/.test(name))
  if (refusals.length === 0) return
  output.line(`\n  ${colors.dim('refused and ended since the start')}`)
  output.table(
    ['what', 'times'],
    refusals.map(([name, count]) => [name, String(count)]),
  )
}

/** Told while somebody can still act: spendPerHour, the node, the recorder's ETH. */
function showEnd({ secondsToMaxUnanchored: left }: RecordsStatus): string {
  if (left === null) return ''
  return colors.red(`; at this pace nobody is let in any more in ${showAge(left)} (anchoring.maxUnanchored)`)
}

function showAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}

function showGatewayRecorder(status: GatewayRecorderStatus): string {
  if (!status.isOpen) return colors.red(`shows no evidence: ${status.trouble}`)
  const { recorderId, recorder, unbatched, unanchored, through, trouble } = status.records
  const said = `recorder ${recorderId} (${recorder}), ${unbatched + unanchored} waiting, complete through ${showTime(through)}`
  return trouble === null ? said : `${said}: ${colors.red(trouble)}`
}

function showIssues({ issued, waiting, trouble }: RecordsStatus['issues']): string {
  const said = `${issued} anchored, ${waiting} signed and waiting`
  return trouble === null ? said : `${said}: ${colors.yellow(trouble)}`
}

function troubleOf({ records, gatewayRecorder, view, brokers, chain, proxies }: Status): string | null {
  if (records.trouble !== null) return records.trouble
  const gateways = gatewayRecorder.isOpen ? gatewayRecorder.records.trouble : gatewayRecorder.trouble
  if (gateways !== null) return `the gateway: ${gateways}`
  const ailing = proxies.find(({ status }) => status === null || status.records.trouble !== null)
  if (ailing !== undefined)
    return `proxy ${ailing.number}: ${ailing.status?.records.trouble ?? 'is being started again'}`
  if (!view.isFresh) return 'the view of the chain is stale: nobody is let in'
  const down = brokers.filter(({ state }) => state === 'down')
  if (down.length === brokers.length) return 'no broker is up: nobody is let in'
  if (down.length > 0) return `${down.length} of ${brokers.length} brokers are down: others stand in`
  const unwell = chain.filter(({ state }) => state !== 'healthy' && state !== 'untried')
  if (unwell.length > 0) return `${unwell.length} of ${chain.length} RPC endpoints are not well: see below`
  return records.warning
}

function describeBroker({ name, state, trouble, since, versions, unclear }: BrokerStatus): string {
  const speaks = versions.includes(5) ? '' : ', MQTT 3.1.1 only'
  const names =
    unclear.length === 0
      ? ''
      : `; topics with ${unclear.map((sign) => `"${sign}"`).join(' ')} are refused: it takes them for others`
  const said = `${trouble === null ? '' : `: ${trouble}`}${state === 'up' ? names : ''}`
  return `${name} is ${state} since ${showTime(Math.floor(since / 1_000))}${speaks}${said}`
}

/** One in a process of its own: what differs from the first. */
function showProxy({ pid, restarts, metrics, status }: ProxyStatus): string {
  if (status === null) return colors.red('is being started again')
  const { connections, records } = status
  const again = restarts === 0 ? '' : `, started again ${restarts} times`
  const waiting = `${records.unbatched + records.unanchored} records wait`
  return `${connections} connected, recorder ${records.recorderId} (${records.recorder}), ${waiting}, pid ${pid}${again}; ${metrics}`
}

function showEndpoint({ name, state, isUsed, block, latencyMs, trouble }: EndpointHealth): string {
  if (trouble !== null) return `${name} is ${colors.red(state)}: ${trouble}`
  const seen = block === null ? '' : `, block ${block}, ${latencyMs} ms`
  return `${name} is ${state}${isUsed ? ', in use' : ''}${seen}`
}

function showSpending({ lastHourWei, lastHourGas, monthWei, limitWei, balanceWei }: SpendingStatus): string {
  const limit = limitWei === null ? '' : ` of at most ${formatEther(limitWei)}`
  const left = balanceWei === null ? '' : `; ${formatEther(balanceWei)} ETH left`
  return `${formatEther(lastHourWei)} ETH${limit} in the last hour, ${lastHourGas} gas${left}; a month of such hours is ${formatEther(monthWei)} ETH`
}

function showKeeper({ payouts, paid, spent, refusing, trouble }: KeeperStatus): string {
  const done = `${payouts} payouts of ${formatEther(paid)} ETH, ${formatEther(spent)} ETH of gas`
  const cannot = refusing.length === 0 ? '' : `; ${refusing.length} accounts cannot be paid`
  return trouble === null ? `${done}${cannot}` : `${colors.red(trouble)} (${done}${cannot})`
}

export async function flush(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  output.line(colors.dim('Closing windows, anchoring, waiting for the chain …'))
  const { records, through } = await askUp<{ records: number; through: number }>(home, 'flush')
  output.line(`${colors.green('✓')} ${records} records are final; nothing before ${showTime(through)} is missing`)
  output.result({ flushed: records, through })
}

export async function demo(options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const { home, output, deployment, rpcUrl } = context
  const endpoints = readEndpoints(home)
  if (endpoints === undefined) throw notRunning()
  const running = {
    ...endpoints,
    rpcUrl,
    deployment,
    flush: () => askUp<{ records: number; through: number }>(home, 'flush'),
    issuing: {
      issue: (report: ReportToIssue) => askUp(home, 'report-issue', asked(report)),
      issued: (report: ReportToIssue) => askUp<Issued>(home, 'report-issued', asked(report)),
    },
    viewBlock: async () => (await askUp<Status>(home, 'status')).view.block.number,
  }
  await tellStory({
    home,
    evidence: evidencePlace(home, context.config),
    running,
    output,
    isEnding: () => false,
    again: true,
  })
}
