/**
 * @module `npm run bench -- proxy [--json]`: messages a second through the proxy and straight to the same Mosquitto, in
 * interleaved rounds of one run; medians. What it is compared with stands beside each figure.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import { credentialOptions, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'

const asJson = process.argv.includes('--json')
const ROUNDS = 5
const MESSAGES = { 0: 30_000, 1: 6_000 } as const
const PAYLOAD = Buffer.alloc(64, 1)
const TOPIC = 'bench/a'

function print(line: { name: string; value: number; unit: string; comparedWith: string }): void {
  console.log(
    asJson
      ? JSON.stringify(line)
      : `${line.name.padEnd(28)} ${line.value.toFixed(2).padStart(12)} ${line.unit}  (${line.comparedWith})`,
  )
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** One publisher, one subscriber; the clock stops when the last message has arrived. */
async function rate(connect: (clientId: string) => Promise<MqttClient>, qos: 0 | 1): Promise<number> {
  const [publisher, subscriber] = [await connect(`p${Math.random()}`), await connect(`s${Math.random()}`)]
  await subscriber.subscribeAsync(TOPIC, { qos })
  const count = MESSAGES[qos]
  let received = 0
  const all = new Promise<void>((resolve) => {
    subscriber.on('message', () => {
      if (++received === count) resolve()
    })
  })
  const startedAt = performance.now()
  for (let i = 0; i < count; i++) {
    publisher.publish(TOPIC, PAYLOAD, { qos })
    // The client buffers without bound: let the socket breathe.
    if (i % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
  }
  await all
  const seconds = (performance.now() - startedAt) / 1_000
  await Promise.all([publisher.endAsync(true), subscriber.endAsync(true)])
  return count / seconds
}

async function prepare(): Promise<TestProxy> {
  const it = await startTestProxy('mosquitto')
  await it.chain.call('giveTopic', ['bench', it.chain.owner.address])
  await viewCaughtUp(it)
  return it
}

if (findMosquitto() === undefined) {
  console.error('This benchmark needs Mosquitto: apt-get install mosquitto')
  process.exit(1)
}
const it = await prepare()
const account = it.chain.owner
const through = (clientId: string): Promise<MqttClient> =>
  mqtt.connectAsync(
    `mqtt://127.0.0.1:${it.proxy.port}`,
    credentialOptions(it, { account, clientId, protocolVersion: 5 }),
  )
const { port, userName = '', password = '' } = it.broker.target
const direct = (clientId: string): Promise<MqttClient> =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, clientId, username: userName, password })

for (const qos of [0, 1] as const) {
  const rates: { through: number[]; direct: number[] } = { through: [], direct: [] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.direct.push(await rate(direct, qos))
    rates.through.push(await rate(through, qos))
  }
  const [proxied, straight] = [median(rates.through), median(rates.direct)]
  const comparedWith = `direct to the same Mosquitto: ${straight.toFixed(0)} messages/s, same run`
  print({ name: `proxy QoS ${qos}, 64 B`, value: Math.round(proxied), unit: 'messages/s', comparedWith })
  print({
    name: `proxy QoS ${qos}, ratio`,
    value: Number((proxied / straight).toFixed(2)),
    unit: 'of direct',
    comparedWith,
  })
}
await it.stop()
process.exit(0)
