/** @module The brokers that the settings name, or the embedded one. */
import { type EmbeddedBroker, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { parseBrokerUrls } from '../../proxy/broker/parse-targets.ts'
import { type BrokerTarget, nameOf } from '../../proxy/broker/target.ts'
import type { StartOptions } from './start-options.ts'

interface Broker {
  targets: BrokerTarget[]
  name: string
  embedded: EmbeddedBroker | undefined
}

export async function startBroker({ home, config, log }: StartOptions, port: number): Promise<Broker> {
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
