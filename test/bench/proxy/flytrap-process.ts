/** @module One proxy with its recorder in a process of its own, as the benchmark starts it: FLYTRAP_BENCH holds the options. */
import { pino } from 'pino'
import { Countries } from '../../../proxy/geo/countries.ts'
import { openDatabase } from '../../../proxy/geo/database.ts'
import type { ProxyOptions } from '../../../proxy/running-proxy.ts'
import { startProxy } from '../../../proxy/start-proxy.ts'
import { openRecords, type RecordsOptions } from '../../../records/open-records.ts'

export interface ProcessOptions {
  records: Omit<RecordsOptions, 'log'>
  proxy: Omit<ProxyOptions, 'log' | 'journal' | 'countries'>
}

const { records: recordsOptions, proxy: proxyOptions } = JSON.parse(process.env.FLYTRAP_BENCH ?? '', (_, value) =>
  typeof value?.wei === 'string' ? BigInt(value.wei) : value,
) as ProcessOptions
const log = pino({ level: 'error' }, pino.destination(2))
const records = await openRecords({ ...recordsOptions, log })
const countries = new Countries(openDatabase())
const proxy = await startProxy({ ...proxyOptions, journal: records.journal, countries, log })
process.stdout.write(`${proxy.port}\n`)
process.once('SIGTERM', () => {
  void proxy
    .stop()
    .then(() => records.stop())
    .then(() => process.exit(0))
})
// On request: what is in use once the garbage is gone.
process.on('SIGUSR2', () => globalThis.gc?.())
