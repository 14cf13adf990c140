/** @module Application messages on their way: QoS, RETAIN, properties. */
import type { Client } from './client.ts'
import type { Behaviour, Seen, Stage } from './stage.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A subscriber to all of the stage, and a publisher. */
async function pair(stage: Stage, qos: 0 | 1 | 2 = 2): Promise<[Client, Client]> {
  const subscriber = await stage.connect('sub')
  await subscriber.subscribe(stage.topic('#'), qos)
  return [subscriber, await stage.connect('pub')]
}

const atQos = (qos: 0 | 1 | 2, tag: string): Behaviour => ({
  name: `a message of QoS ${qos} arrives once, at QoS ${qos} ${tag}`,
  expected: () => [0, `x at ${qos}`],
  async play(stage) {
    const [subscriber, publisher] = await pair(stage)
    const code = await publisher.publish(stage.topic('x'), 'x', { qos })
    await subscriber.received(1)
    return [code, ...subscriber.messages.map((message) => `${message.payload} at ${message.qos}`)]
  },
})

const withProperty = (
  name: string,
  properties: NonNullable<Parameters<Client['publish']>[2]>['properties'],
  read: (client: Client) => Seen,
  expected: Seen,
): Behaviour => ({
  name,
  versions: [5],
  expected: () => expected,
  async play(stage) {
    const [subscriber, publisher] = await pair(stage)
    await publisher.publish(stage.topic('x'), 'x', { qos: 1, ...(properties === undefined ? {} : { properties }) })
    await subscriber.received(1)
    return read(subscriber)
  },
})

export const messages: readonly Behaviour[] = [
  atQos(0, '[MQTT-4.3.1-1]'),
  atQos(1, '[MQTT-4.3.2-1]'),
  atQos(2, '[MQTT-4.3.3-1]'),
  {
    name: 'a message arrives at the lower of its own and the granted QoS [MQTT-3.8.4-8]',
    expected: () => [1, 0],
    async play(stage) {
      const [one, publisher] = await pair(stage, 1)
      const zero = await stage.connect('zero')
      await zero.subscribe(stage.topic('#'), 0)
      await publisher.publish(stage.topic('x'), 'x', { qos: 2 })
      await Promise.all([one.received(1), zero.received(1)])
      return [one.messages[0]?.qos, zero.messages[0]?.qos]
    },
  },
  {
    name: 'messages of one topic keep their order [MQTT-4.6.0-6]',
    expected: () => '0 1 2 3 4 5 6 7 8 9',
    async play(stage) {
      const [subscriber, publisher] = await pair(stage, 1)
      const all = Array.from({ length: 10 }, (_, i) => publisher.publish(stage.topic('x'), String(i), { qos: 1 }))
      await Promise.all(all)
      return (await subscriber.received(10)).join(' ')
    },
  },
  {
    name: 'an empty payload, and one of 100 kB, arrive whole',
    expected: () => [0, 100_000],
    async play(stage) {
      const [subscriber, publisher] = await pair(stage, 1)
      await publisher.publish(stage.topic('x'), '', { qos: 1 })
      await publisher.publish(stage.topic('x'), Buffer.alloc(100_000, 'x'), { qos: 1 })
      return (await subscriber.received(2)).map((payload) => payload.length)
    },
  },
  {
    name: 'topic names are compared byte by byte: empty levels, case, é in two forms [MQTT-4.7.3-4]',
    expected: () => ['/', 'A', 'a b', 'a.b', 'e\u0301', '\u00e9'],
    // FlyTrap refuses names that this broker takes for others.
    orElse: ['closed at a b', 'closed at a.b'],
    async play(stage) {
      const [subscriber, publisher] = await pair(stage, 1)
      const names = ['/', 'A', 'a b', 'a.b', 'e\u0301', '\u00e9']
      for (const name of names) {
        if ((await publisher.publish(stage.topic(name), 'x', { qos: 1 })) === 'closed') return `closed at ${name}`
      }
      await subscriber.received(names.length)
      return subscriber.messages.map(({ topic }) => topic.slice(stage.prefix.length + 1))
    },
  },
  {
    name: 'a retained message meets a later subscription, marked as retained [MQTT-3.3.1-8]',
    expected: () => ['x', true],
    async play(stage) {
      await (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      const late = await stage.connect('sub')
      await late.subscribe(stage.topic('#'), 1)
      await late.received(1)
      return [late.messages[0]?.payload, late.messages[0]?.retain]
    },
  },
  {
    name: 'a subscription that stood before sees no RETAIN [MQTT-3.3.1-9]',
    expected: () => false,
    async play(stage) {
      const [subscriber, publisher] = await pair(stage)
      await publisher.publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      await subscriber.received(1)
      return subscriber.messages[0]?.retain
    },
  },
  {
    name: 'an empty retained message removes the retained one [MQTT-3.3.1-6]',
    expected: () => [],
    async play(stage) {
      const publisher = await stage.connect('pub')
      await publisher.publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      await publisher.publish(stage.topic('x'), '', { qos: 1, retain: true })
      const late = await stage.connect('sub')
      await late.subscribe(stage.topic('#'), 1)
      return late.received(0)
    },
  },
  {
    name: 'Retain As Published keeps RETAIN [MQTT-3.3.1-13]',
    versions: [5],
    expected: () => true,
    async play(stage) {
      const subscriber = await stage.connect('sub')
      await subscriber.subscribe([{ topic: stage.topic('#'), qos: 1, rap: true, nl: false, rh: 0 }])
      await (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      await subscriber.received(1)
      return subscriber.messages[0]?.retain
    },
  },
  {
    name: 'Retain Handling 1 sends retained messages to new subscriptions only, 2 to none [MQTT-3.3.1-10] [MQTT-3.3.1-11]',
    versions: [5],
    expected: () => [1, 1, 1],
    async play(stage) {
      await (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      const subscriber = await stage.connect('sub')
      const counts: number[] = []
      for (const rh of [1, 1, 2]) {
        await subscriber.subscribe([{ topic: stage.topic('#'), qos: 1, rh, nl: false, rap: false }])
        counts.push((await subscriber.received(counts[0] === undefined ? 1 : 0)).length)
      }
      return counts
    },
  },
  {
    name: 'No Local keeps a client’s own messages from it [MQTT-3.8.3-3]',
    versions: [5],
    expected: () => [],
    async play(stage) {
      const client = await stage.connect('a')
      await client.subscribe([{ topic: stage.topic('#'), qos: 1, nl: true, rap: false, rh: 0 }])
      await client.publish(stage.topic('x'), 'mine', { qos: 1 })
      return client.received(0)
    },
  },
  withProperty(
    'User Properties arrive, all of them [MQTT-3.3.2-17]',
    { userProperties: { a: ['1', '3'], b: '2' } },
    ({ messages: [message] }) => JSON.stringify(message?.properties?.userProperties),
    '{"a":["1","3"],"b":"2"}',
  ),
  withProperty(
    'Payload Format, Content Type and Correlation Data arrive unaltered [MQTT-3.3.2-4] [MQTT-3.3.2-16] [MQTT-3.3.2-20]',
    { payloadFormatIndicator: true, contentType: 'text/plain', correlationData: Buffer.from([0, 1, 255]) },
    ({ messages: [message] }) => [
      message?.properties?.payloadFormatIndicator,
      message?.properties?.contentType,
      message?.properties?.correlationData?.toString('hex'),
    ],
    [true, 'text/plain', '0001ff'],
  ),
  {
    name: 'a message is not delivered once its expiry is over [MQTT-3.3.2-5]',
    versions: [5],
    expected: () => ['lives'],
    async play(stage) {
      const publisher = await stage.connect('pub')
      const retained = { qos: 1, retain: true } as const
      await publisher.publish(stage.topic('a'), 'dies', { ...retained, properties: { messageExpiryInterval: 1 } })
      await publisher.publish(stage.topic('b'), 'lives', { ...retained, properties: { messageExpiryInterval: 60 } })
      await pause(3_000) // whole seconds, and brokers look once a second
      const late = await stage.connect('sub')
      await late.subscribe(stage.topic('#'), 1)
      return late.received(1)
    },
  },
  {
    name: 'a message that waited tells the rest of its expiry [MQTT-3.3.2-6]',
    versions: [5],
    expected: () => true,
    async play(stage) {
      const properties = { messageExpiryInterval: 60 }
      const publisher = await stage.connect('pub')
      await publisher.publish(stage.topic('x'), 'x', { qos: 1, retain: true, properties })
      await pause(2_200)
      const late = await stage.connect('sub')
      await late.subscribe(stage.topic('#'), 1)
      await late.received(1)
      const rest = late.messages[0]?.properties?.messageExpiryInterval
      return rest === undefined ? 'no expiry' : rest < 60
    },
  },
  {
    name: 'PUBACK when nobody subscribes (0x00, or 0x10 where the broker tells)',
    versions: [5],
    async play(stage) {
      return (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1 })
    },
  },
]
