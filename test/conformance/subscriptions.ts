/** @module Subscriptions: wildcards, overlaps, replacement, UNSUBSCRIBE. */
import type { Client, Message } from './client.ts'
import type { Behaviour, Stage } from './stage.ts'

/**
 * Returns all copies of one message. A second message tells when they are there: a broker may hand out the next copy only
 * when the last is acknowledged (ejabberd), so that no pause would be long enough.
 */
async function copiesOf(stage: Stage, subscriber: Client): Promise<Message[]> {
  const publisher = await stage.connect('b')
  for (const payload of ['x', 'behind it']) await publisher.publish(stage.topic('x'), payload, { qos: 1 })
  await subscriber.until(() => subscriber.messages.some(({ payload }) => payload === 'behind it'))
  await subscriber.quiet() // the standard orders no copy of one filter before those of another
  return subscriber.messages.filter(({ payload }) => payload === 'x')
}

export const subscriptions: readonly Behaviour[] = [
  {
    name: 'SUBACK grants each filter its QoS, in order [MQTT-3.8.4-6] [MQTT-3.9.3-1]',
    expected: () => [0, 1, 2],
    async play(stage) {
      const client = await stage.connect('a')
      const asked = ([0, 1, 2] as const).map((qos) => ({ topic: stage.topic(`q${qos}`), qos }))
      return client.subscribe(asked)
    },
  },
  {
    name: '+ matches one level, an empty one too; # matches the parent and all below (4.7.1)',
    expected: () => ['+', '/+', '#', '#', '#'],
    async play(stage) {
      const client = await stage.connect('a')
      const filters = { '+': 'plus/+', '/+': 'slash//+', '#': 'hash/#' }
      for (const filter of Object.values(filters)) await client.subscribe(stage.topic(filter), 1)
      const publisher = await stage.connect('b')
      const names = ['plus/x', 'plus/x/y', 'slash//x', 'slash/x', 'hash', 'hash/', 'hash/x/y']
      for (const name of names) await publisher.publish(stage.topic(name), name, { qos: 1 })
      const labels = { plus: '+', slash: '/+', hash: '#' }
      return (await client.received(5)).map((name) => labels[name.split('/')[0] as keyof typeof labels])
    },
  },
  {
    name: 'overlapping filters: how many copies arrive (the standard allows one, or one each) [MQTT-3.3.4-2]',
    isCount: true,
    async play(stage) {
      const client = await stage.connect('a')
      await client.subscribe(stage.topic('#'), 1)
      await client.subscribe(stage.topic('+'), 1)
      return (await copiesOf(stage, client)).length
    },
  },
  {
    name: 'Subscription Identifiers of all matching filters arrive [MQTT-3.3.4-3] [MQTT-3.3.4-4]',
    isCount: true,
    versions: [5],
    expected: () => [1, 2],
    async play(stage) {
      const client = await stage.connect('a')
      await client.subscribe(stage.topic('#'), 1, { subscriptionIdentifier: 1 })
      await client.subscribe(stage.topic('+'), 1, { subscriptionIdentifier: 2 })
      const copies = await copiesOf(stage, client)
      return copies.flatMap(({ properties }) => properties?.subscriptionIdentifier ?? []).sort()
    },
  },
  {
    name: 'UNSUBSCRIBE ends a subscription, and is answered [MQTT-3.10.4-2] [MQTT-3.10.4-4]',
    expected: () => ['before'],
    async play(stage) {
      const client = await stage.connect('a')
      await client.subscribe(stage.topic('x'), 1)
      const publisher = await stage.connect('b')
      await publisher.publish(stage.topic('x'), 'before', { qos: 1 })
      await client.received(1)
      if ((await client.unsubscribe(stage.topic('x'))) === 'closed') return 'closed'
      await publisher.publish(stage.topic('x'), 'after', { qos: 1 })
      return client.received(1)
    },
  },
  {
    name: 'UNSUBSCRIBE of what was never subscribed is answered, in MQTT 5 with 0x11 [MQTT-3.10.4-5]',
    expected: (version) => (version === 5 ? [0x11] : []),
    async play(stage) {
      return (await stage.connect('a')).unsubscribe(stage.topic('never'))
    },
  },
  {
    name: 'a SUBSCRIBE again replaces the subscription, and sends the retained message again [MQTT-3.8.4-3]',
    expected: () => ['1', '0'],
    async play(stage) {
      await (await stage.connect('b')).publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      const client = await stage.connect('a')
      await client.subscribe(stage.topic('x'), 1)
      await client.received(1)
      await client.subscribe(stage.topic('x'), 0)
      await client.received(2)
      return client.messages.map(({ qos }) => String(qos))
    },
  },
  {
    name: 'a filter of $SYS is granted (FlyTrap: never without a grant)',
    throughFlyTrap: (version) => [version === 5 ? 0x87 : 0x80],
    async play(stage) {
      return (await stage.connect('a')).subscribe('$SYS/#')
    },
  },
]
