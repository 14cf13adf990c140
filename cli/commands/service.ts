/** @module `flytrap status | flush | demo`: what the running `up` is asked. */
import { formatEther } from 'ethers'

import colors from 'picocolors'
import type { EndpointHealth } from '../../contracts/rpc/endpoint.ts'
import type { BrokerStatus } from '../../proxy/broker/watch.ts'
import type { RecordsStatus, SpendingStatus } from '../../records/port.ts'
import { type GlobalOptions, notRunning, openChain, openContext, readEndpoints } from '../context.ts'
import { tellStory } from '../demo/story.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import type { KeeperStatus } from '../keeper/keeper.ts'
import { showTime } from '../times.ts'
import { askUp } from '../up/control.ts'

interface Status {
  records: RecordsStatus
  connections: number
  brokers: BrokerStatus[]
  view: { block: { number: number; hash: string }; isFresh: boolean }
  /** The RPC endpoints as the view of the chain knows them, the preferred one first. */
  chain: EndpointHealth[]
  keeper: KeeperStatus | null
  counters: Record<string, number>
  warnings: string[]
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
    ['devices', `${connections} connected`],
    ...brokers.map((broker) => ['broker', describeBroker(broker)]),
    ['view', `block ${view.block.number}${view.isFresh ? '' : ' (stale)'}`],
    ...chain.map((endpoint, i) => [i === 0 ? 'chain' : '', showEndpoint(endpoint)]),
    ['recorder', `${records.recorderId} (${records.recorder})`],
    [
      'on chain',
      `up to sequence ${records.nextSeq - 1 - records.unanchored - records.unbatched}, complete through ${showTime(records.through)}`,
    ],
    ['waiting', `${records.unbatched} to be batched, ${records.unanchored} to be final${oldest}`],
    ['MQTT', [endpoints?.mqtt, endpoints?.mqtts, endpoints?.ws, endpoints?.wss].filter(Boolean).join('  ')],
    ['gas', showSpending(records.spending)],
    ['gateway', endpoints?.gateway ?? '—'],
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

function troubleOf({ records, view, brokers, chain }: Status): string | null {
  if (records.trouble !== null) return records.trouble
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

function showEndpoint({ name, state, isUsed, block, latencyMs, trouble }: EndpointHealth): string {
  if (trouble !== null) return `${name} is ${colors.red(state)}: ${trouble}`
  const seen = block === null ? '' : `, block ${block}, ${latencyMs} ms`
  return `${name} is ${state}${isUsed ? ', in use' : ''}${seen}`
}

function showSpending({ lastHourWei, lastHourGas, limitWei, balanceWei }: SpendingStatus): string {
  const limit = limitWei === null ? '' : ` of at most ${formatEther(limitWei)}`
  const left = balanceWei === null ? '' : `; ${formatEther(balanceWei)} ETH left`
  return `${formatEther(lastHourWei)} ETH${limit} in the last hour, ${lastHourGas} gas${left}`
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
