/**
 * @module Figures for Prometheus, on this machine alone: names and numbers, nothing of any person, topic or address. They
 * are read when they are asked for, and cost a packet nothing.
 */
import { createServer, type ServerResponse } from 'node:http'
import { formatEther } from 'ethers'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { GatewayRecorderStatus } from '../../gateway/recorder/port.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import type { Records } from '../../records/port.ts'
import { type Watched, whyNotReady } from './readiness.ts'

export interface Measured {
  proxy: Pick<RunningProxy, 'stats' | 'connections' | 'bans' | 'brokers' | 'view'>
  records: Pick<Records, 'status'> & Watched['records']
  /** Of the first proxy of a home: its figures tell of the gateway's recorder too. */
  gateway?: { ask(what: 'status'): Promise<GatewayRecorderStatus> } | undefined
}

export interface MetricsServer {
  url: string
  stop(): Promise<void>
}

/** Rejects the listener's own error (EADDRINUSE). */
export async function serveMetrics(measured: Measured, port: number): Promise<MetricsServer> {
  const registry = createRegistry(measured)
  const server = createServer(async (request, answer) => {
    const path = request.method === 'GET' ? request.url?.split('?')[0] : undefined
    if (path === '/ready') return tellReadiness(measured, answer)
    if (path !== '/metrics') return answer.writeHead(404).end()
    try {
      const text = await registry.metrics()
      answer.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text)
    } catch {
      answer.writeHead(500).end()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: '127.0.0.1', port }, () => resolve())
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://127.0.0.1:${bound}/metrics`,
    stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

/** For load balancers: 200, or 503 and why. */
function tellReadiness(measured: Measured, answer: ServerResponse): void {
  const reasons = whyNotReady(measured)
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  answer.writeHead(reasons.length === 0 ? 200 : 503, headers).end(`${reasons.join('\n') || 'ready'}\n`)
}

const inEth = (wei: string): number => Number(formatEther(wei))

function createRegistry({ proxy, records, gateway }: Measured): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'flytrap_' })
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void =>
    void new Gauge({
      name: `flytrap_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read())
      },
    })
  gauge('connections', 'Device connections.', () => proxy.connections())
  gauge('bans', 'Bans in force.', () => proxy.bans().length)
  gauge('brokers_up', 'Brokers that answer.', () => proxy.brokers().filter(({ state }) => state === 'up').length)
  gauge('ready', '1 while newcomers are served; 0: /ready says why not.', () =>
    Number(whyNotReady({ proxy, records }).length === 0),
  )
  gauge('view_block', 'The block whose state decides.', () => proxy.view().block.number)
  gauge('view_fresh', '1 while the chain is followed; 0: nobody is let in.', () => Number(proxy.view().isFresh))
  gauge(
    'view_names_short',
    'First-level names over viewEntriesPerName: new rights there do not count.',
    () => proxy.view().shortfalls.length,
  )
  gauge('records_unbatched', 'Entries that no batch holds yet.', () => records.status().unbatched)
  gauge('records_unanchored', 'Records in batches that are not final.', () => records.status().unanchored)
  gauge('records_trouble', '1 while something keeps records from the chain, or accesses from happening.', () =>
    Number(records.status().trouble !== null),
  )
  gauge('records_oldest_unanchored_seconds', 'Age of the oldest record that is not final.', () => {
    const { oldestUnanchored } = records.status()
    return oldestUnanchored === null ? 0 : Math.max(0, Math.floor(Date.now() / 1_000) - oldestUnanchored)
  })
  gauge(
    'records_watermark_age_seconds',
    'Seconds since the watermark: what is later cannot be called complete yet.',
    () => records.status().watermarkAge,
  )
  gauge(
    'records_until_max_unanchored_seconds',
    'Until nobody is let in, at this pace; +Inf: never.',
    () => records.status().secondsToMaxUnanchored ?? Number.POSITIVE_INFINITY,
  )
  gauge('gas_last_hour', 'Gas that the recorder used in the last hour.', () => records.status().spending.lastHourGas)
  gauge('spent_last_hour_eth', 'ETH that the recorder spent in the last hour.', () =>
    inEth(records.status().spending.lastHourWei),
  )
  gauge('spent_month_projected_eth', 'ETH for 30 days like the last hour.', () =>
    inEth(records.status().spending.monthWei),
  )
  gauge('balance_eth', 'ETH that the recorder has; NaN while it is not known.', () => {
    const { balanceWei } = records.status().spending
    return balanceWei === null ? Number.NaN : inEth(balanceWei)
  })
  if (gateway !== undefined) {
    const issues = async (which: 'waiting' | 'issued'): Promise<number> => {
      const status = await gateway.ask('status').catch(() => undefined)
      return status?.isOpen === true ? status.records.issues[which] : Number.NaN
    }
    gauge(
      'reports_anchored',
      'Reports whose hash the gateway’s recorder wrote to the chain; NaN while it is away.',
      () => issues('issued'),
    )
    gauge('reports_waiting', 'Reports that are signed and wait to be anchored; NaN while the gateway is away.', () =>
      issues('waiting'),
    )
  }
  void new Counter({
    name: 'flytrap_events_total',
    help: 'What was allowed, refused and ended since the start, by what it was and why.',
    labelNames: ['event', 'reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [name, count] of Object.entries(proxy.stats())) {
        const [event = '', reason = ''] = name.split(':')
        this.inc({ event, reason }, count)
      }
    },
  })
  return registry
}
