/**
 * @module Figures for Prometheus, on this machine alone: names and numbers, nothing of any person, topic or address. They
 * are read when they are asked for, and cost a packet nothing.
 */
import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { RunningProxy } from '../../proxy/start-proxy.ts'
import type { Records } from '../../records/port.ts'

export interface Measured {
  proxy: Pick<RunningProxy, 'stats' | 'connections' | 'bans' | 'brokers' | 'view'>
  records: Pick<Records, 'status'>
}

export interface MetricsServer {
  url: string
  stop(): Promise<void>
}

/** Rejects the listener's own error (EADDRINUSE). */
export async function serveMetrics(measured: Measured, port: number): Promise<MetricsServer> {
  const registry = createRegistry(measured)
  const server = createServer(async (request, answer) => {
    const isKnown = request.method === 'GET' && request.url?.split('?')[0] === '/metrics'
    if (!isKnown) return answer.writeHead(404).end()
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

function createRegistry({ proxy, records }: Measured): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'flytrap_' })
  const gauge = (name: string, help: string, read: () => number): void =>
    void new Gauge({
      name: `flytrap_${name}`,
      help,
      registers: [registry],
      collect: function () {
        this.set(read())
      },
    })
  gauge('connections', 'Device connections.', () => proxy.connections())
  gauge('bans', 'Bans in force.', () => proxy.bans().length)
  gauge('brokers_up', 'Brokers that answer.', () => proxy.brokers().filter(({ state }) => state === 'up').length)
  gauge('view_block', 'The block whose state decides.', () => proxy.view().block.number)
  gauge('view_fresh', '1 while the chain is followed; 0: nobody is let in.', () => Number(proxy.view().isFresh))
  gauge('records_unbatched', 'Entries that no batch holds yet.', () => records.status().unbatched)
  gauge('records_unanchored', 'Records in batches that are not final.', () => records.status().unanchored)
  gauge('records_trouble', '1 while something keeps records from the chain, or accesses from happening.', () =>
    Number(records.status().trouble !== null),
  )
  gauge('records_oldest_unanchored_seconds', 'Age of the oldest record that is not final.', () => {
    const { oldestUnanchored } = records.status()
    return oldestUnanchored === null ? 0 : Math.max(0, Math.floor(Date.now() / 1_000) - oldestUnanchored)
  })
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
