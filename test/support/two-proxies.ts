/** @module Two proxies before one broker, each with a recorder of its own; the second one's way to it is overheard. */
import { join } from 'node:path'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import type { ProxyOptions } from '../../proxy/running-proxy.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import { startTestProxy, type TestProxy } from './mqtt.ts'
import { addTestRecorder } from './records.ts'
import { startRelay } from './relay.ts'

export interface TwoProxies {
  first: TestProxy
  second: TestProxy
  /** All that the broker has read from the second proxy. */
  overheard(): Buffer
  /** Ends every connection between the second proxy and the broker, as a crash does. */
  cutSecond(): void
  stop(): Promise<void>
}

/** Tests fail to log in more often than one address may. */
const MANY_LOGINS = { loginsPerAddress: 10_000 }

/** Behind Mosquitto where it is installed. */
export async function startTwoProxies(more: Partial<ProxyOptions> = {}): Promise<TwoProxies> {
  const first = await startTestProxy(findMosquitto() === undefined ? 'aedes' : 'mosquitto', { limits: MANY_LOGINS })
  const relay = await startRelay(first.broker.target.port)
  const read: Buffer[] = []
  relay.onToBroker = (bytes) => read.push(Buffer.from(bytes))
  const recorder = await addTestRecorder(first.chain)
  const records = await recorder.open()
  const options: ProxyOptions = {
    ...first.options,
    broker: { ...first.broker.target, port: relay.port },
    viewSnapshotPath: join(recorder.dir, 'view.json'),
    journal: records.journal,
    limits: MANY_LOGINS,
    ...more,
  }
  const proxy = await startProxy(options)
  return {
    first,
    second: { ...first, recorder, records, proxy, options },
    overheard: () => Buffer.concat(read),
    cutSecond: () => relay.cut(),
    async stop() {
      await proxy.stop()
      await relay.stop()
      await records.stop()
      await first.stop()
    },
  }
}
