/** @module Wills, and what MQTT 5 adds to a PUBLISH: topic aliases, response topics. */
import type { Client, ConnectOptions } from './client.ts'
import type { Behaviour, Stage } from './stage.ts'

type Will = NonNullable<ConnectOptions['will']>

const willOf = (stage: Stage, more: Partial<Will> = {}): { will: Will } => ({
  will: { topic: stage.topic('will'), payload: Buffer.from('gone'), qos: 1, retain: false, ...more },
})

async function mourner(stage: Stage): Promise<Client> {
  const client = await stage.connect('mourner')
  await client.subscribe(stage.topic('#'), 2)
  return client
}

export const wills: readonly Behaviour[] = [
  {
    name: 'the Will of a client that vanishes is published [MQTT-3.1.2-8]',
    expected: () => ['gone', 1],
    async play(stage) {
      const watcher = await mourner(stage)
      ;(await stage.connect('a', willOf(stage))).vanish()
      await watcher.received(1)
      return [watcher.messages[0]?.payload, watcher.messages[0]?.qos]
    },
  },
  {
    name: 'the Will of a client that disconnects is not published [MQTT-3.1.2-10] [MQTT-3.14.4-3]',
    expected: () => [],
    async play(stage) {
      const watcher = await mourner(stage)
      await (await stage.connect('a', willOf(stage))).end()
      await watcher.quiet(300)
      return watcher.received(0)
    },
  },
  {
    name: 'a retained Will is retained [MQTT-3.1.2-17]',
    expected: () => ['gone', true],
    async play(stage) {
      const watcher = await mourner(stage)
      ;(await stage.connect('a', willOf(stage, { retain: true }))).vanish()
      await watcher.received(1)
      const late = await stage.connect('late')
      await late.subscribe(stage.topic('will'), 1)
      await late.received(1)
      return [late.messages[0]?.payload, late.messages[0]?.retain]
    },
  },
  {
    name: 'the Will of a client that is taken over is published [MQTT-3.1.4-3]',
    expected: () => ['gone'],
    async play(stage) {
      const watcher = await mourner(stage)
      await stage.connect('a', willOf(stage))
      await stage.connect('a')
      return watcher.received(1)
    },
  },
  {
    name: 'DISCONNECT with 0x04 asks for the Will (5: 3.14.2.1)',
    versions: [5],
    expected: () => ['gone'],
    async play(stage) {
      const watcher = await mourner(stage)
      await (await stage.connect('a', willOf(stage))).end({ reasonCode: 4 })
      return watcher.received(1)
    },
  },
  {
    name: 'a Will Delay of 20 s: what came long before it was over (FlyTrap cuts it to 0: nobody could decide it later)',
    versions: [5],
    expected: () => [],
    throughFlyTrap: () => ['gone'],
    async play(stage) {
      const watcher = await mourner(stage)
      const will = willOf(stage, { properties: { willDelayInterval: 20 } })
      const kept = { clean: false, properties: { sessionExpiryInterval: 60 } }
      ;(await stage.connect('a', { ...kept, ...will })).vanish()
      await watcher.until(() => watcher.messages.length > 0)
      return watcher.messages.map(({ payload }) => payload)
    },
  },
  {
    name: 'a topic alias stands for its topic [MQTT-3.3.2-12]',
    versions: [5],
    expected: () => ['one', 'two'],
    async play(stage) {
      const watcher = await mourner(stage)
      const publisher = await stage.connect('pub')
      if ((publisher.connack?.properties?.topicAliasMaximum ?? 0) === 0) return 'no aliases'
      await publisher.publish(stage.topic('x'), 'one', { qos: 1, properties: { topicAlias: 1 } })
      await publisher.publish('', 'two', { qos: 1, properties: { topicAlias: 1 } })
      return watcher.received(2)
    },
  },
  {
    name: 'Response Topic arrives unaltered [MQTT-3.3.2-15]',
    versions: [5],
    expected: () => true,
    async play(stage) {
      const watcher = await mourner(stage)
      const responseTopic = stage.topic('answer')
      await (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1, properties: { responseTopic } })
      await watcher.received(1)
      return watcher.messages[0]?.properties?.responseTopic === responseTopic
    },
  },
]
