/** @module How much a client takes at once, and how large. */
import type { Behaviour } from './stage.ts'

export const limits: readonly Behaviour[] = [
  {
    name: 'no more deliveries are under way than the client’s Receive Maximum [MQTT-3.3.4-9]',
    versions: [5],
    expected: () => [2, 5],
    async play(stage) {
      const subscriber = await stage.connect('sub', { acknowledges: false, properties: { receiveMaximum: 2 } })
      await subscriber.subscribe(stage.topic('#'), 1)
      const publisher = await stage.connect('pub')
      for (let i = 0; i < 5; i++) await publisher.publish(stage.topic('x'), String(i), { qos: 1 })
      const before = (await subscriber.received(2)).length
      subscriber.acknowledgeAll()
      return [before, (await subscriber.received(5)).length]
    },
  },
  {
    name: 'of five messages of QoS 1, how many are under way to a client that acknowledges none',
    async play(stage) {
      const subscriber = await stage.connect('sub', { acknowledges: false })
      await subscriber.subscribe(stage.topic('#'), 1)
      const publisher = await stage.connect('pub')
      for (let i = 0; i < 5; i++) await publisher.publish(stage.topic('x'), String(i), { qos: 1 })
      return (await subscriber.received(5)).length
    },
  },
  {
    name: 'what exceeds the client’s Maximum Packet Size is not sent to it, and the rest is [MQTT-3.1.2-24] [MQTT-3.1.2-25]',
    versions: [5],
    expected: () => ['small'],
    async play(stage) {
      const subscriber = await stage.connect('sub', { properties: { maximumPacketSize: 200 } })
      await subscriber.subscribe(stage.topic('#'), 1)
      const publisher = await stage.connect('pub')
      await publisher.publish(stage.topic('x'), 'x'.repeat(400), { qos: 1 })
      await publisher.publish(stage.topic('x'), 'small', { qos: 1 })
      return (await subscriber.received(1)).map((payload) => payload.slice(0, 10))
    },
  },
]
