/** @module One proxy before a scripted broker, and devices of both versions, for tests that count bytes. */
import type { IConnectPacket, Packet } from 'mqtt-packet'
import mqttPacket from 'mqtt-packet'
import type { ProxyOptions } from '../../proxy/running-proxy.ts'
import type { Account } from './chain.ts'
import { startTestProxy, type TestProxy, viewCaughtUp } from './mqtt.ts'
import { connectRaw, type RawDevice } from './raw-device.ts'
import { type ScriptedBroker, type ScriptedSession, startScriptedBroker } from './scripted-broker.ts'

export interface TrapStage {
  it: TestProxy
  broker: ScriptedBroker
  /** May publish and read all of `home/#`, and read nothing else. */
  sensor: Account
  device(options?: DeviceOptions): Promise<{ device: RawDevice; twin: ScriptedSession }>
  stop(): Promise<void>
}

export interface DeviceOptions {
  account?: Account
  version?: 4 | 5
  connect?: Partial<IConnectPacket>
  clientId?: string
}

export async function startTrapStage(more: Partial<ProxyOptions> = {}): Promise<TrapStage> {
  const broker = await startScriptedBroker()
  const it = await startTestProxy('aedes', { broker: broker.target, ...more })
  const sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 3)
  await viewCaughtUp(it)
  let lastId = 0
  return {
    it,
    broker,
    sensor,
    async device({ account = sensor, version = 5, connect, clientId = `d${++lastId}` } = {}) {
      const device = connectRaw(it, { account, clientId, version, ...(connect === undefined ? {} : { connect }) })
      const code = await device.connack()
      if (code !== 0) throw new Error(`CONNACK ${code}`)
      return { device, twin: await broker.session(clientId) }
    },
    async stop() {
      await it.stop()
      await broker.stop()
    },
  }
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

export const bytesOf = (packet: Packet, version: 4 | 5 = 5): Buffer =>
  mqttPacket.generate(packet, { protocolVersion: version })

export interface PublishFacts {
  topic: string
  payload?: string | Buffer
  qos?: 0 | 1 | 2
  messageId?: number
  dup?: boolean
  retain?: boolean
  properties?: object
}

export const publish = ({ payload = 'x', qos = 0, dup = false, retain = false, ...more }: PublishFacts): Packet =>
  ({ cmd: 'publish', payload, qos, dup, retain, ...more }) as Packet

/** Waits until everything that was sent before has passed the proxy: a PINGRESP follows all of it. */
export async function passed(device: RawDevice): Promise<void> {
  device.send({ cmd: 'pingreq' })
  if ((await device.take('pingresp')) === undefined) throw new Error('closed')
}
