/** @module Sessions, take-over, keep alive. */
import type { Behaviour } from './stage.ts'

const SHORT_MS = 150
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const sessions: readonly Behaviour[] = [
  {
    name: 'a clean start finds no session [MQTT-3.2.2-2]',
    expected: () => false,
    async play(stage) {
      return (await stage.connect('a')).connack?.sessionPresent
    },
  },
  {
    name: 'a session that was kept is present again, with what came meanwhile [MQTT-3.1.2-4] [MQTT-3.2.2-3]',
    expected: () => [true, 'one', 'two'],
    async play(stage) {
      const first = await stage.keep('a')
      await first.subscribe(stage.topic('#'), 1)
      await first.end()
      const other = await stage.connect('b')
      for (const payload of ['one', 'two']) await other.publish(stage.topic('x'), payload, { qos: 1 })
      const again = await stage.keep('a')
      return [again.connack?.sessionPresent, ...(await again.received(2))]
    },
  },
  {
    name: 'a clean start ends the session that was kept [MQTT-3.1.2-6]',
    expected: () => [false],
    async play(stage) {
      const first = await stage.keep('a')
      await first.subscribe(stage.topic('#'), 1)
      await first.end()
      await (await stage.connect('b')).publish(stage.topic('x'), 'lost', { qos: 1 })
      const again = await stage.connect('a')
      return [again.connack?.sessionPresent, ...(await again.received(0))]
    },
  },
  {
    name: 'a session without an expiry ends with its connection [MQTT-3.1.2-23]',
    versions: [5],
    expected: () => false,
    async play(stage) {
      const first = await stage.connect('a')
      await first.subscribe(stage.topic('#'), 1)
      await first.end()
      return (await stage.connect('a', { clean: false })).connack?.sessionPresent
    },
  },
  {
    name: 'a session ends after its expiry of a second [MQTT-3.1.2-23]',
    versions: [5],
    expected: () => false,
    async play(stage) {
      const first = await stage.keep('a', { properties: { sessionExpiryInterval: 1 } })
      await first.subscribe(stage.topic('#'), 1)
      await first.end()
      await pause(3_000) // brokers look once a second
      return (await stage.keep('a')).connack?.sessionPresent
    },
  },
  {
    name: 'DISCONNECT may end a session at once (5: 3.14.2.2.2)',
    versions: [5],
    expected: () => false,
    async play(stage) {
      const first = await stage.keep('a')
      await first.subscribe(stage.topic('#'), 1)
      await first.end({ reasonCode: 0, properties: { sessionExpiryInterval: 0 } })
      return (await stage.keep('a')).connack?.sessionPresent
    },
  },
  {
    name: 'a second connection of the same client id ends the first [MQTT-3.1.4-3]',
    expected: (version) => (version === 5 ? 'DISCONNECT 0x8e' : 'closed'),
    async play(stage) {
      const first = await stage.connect('a')
      await stage.connect('a')
      await first.until(() => first.isClosed)
      const goodbye = first.packets.find((packet) => packet.cmd === 'disconnect')
      if (goodbye !== undefined) return `DISCONNECT 0x${goodbye.reasonCode?.toString(16)}`
      return first.isClosed ? 'closed' : 'open'
    },
  },
  {
    name: 'what was not acknowledged comes again, marked as such [MQTT-4.4.0-1]',
    expected: () => ['x', true],
    async play(stage) {
      const first = await stage.keep('a', { acknowledges: false })
      await first.subscribe(stage.topic('#'), 1)
      await (await stage.connect('b')).publish(stage.topic('x'), 'x', { qos: 1 })
      await first.received(1)
      first.vanish()
      await pause(SHORT_MS)
      const again = await stage.keep('a')
      await again.received(1)
      return [again.messages[0]?.payload, again.messages[0]?.dup]
    },
  },
  {
    name: 'silence for one and a half keep alives of 1 s ends the connection, seen within 6 s [MQTT-3.1.2-22]',
    expected: () => 'closed',
    async play(stage) {
      const client = await stage.connect('a', { keepalive: 1 })
      await client.until(() => client.isClosed, 6_000)
      return client.isClosed ? 'closed' : 'open'
    },
  },
  {
    name: 'PINGREQ is answered [MQTT-3.12.4-1]',
    expected: () => 0,
    async play(stage) {
      return (await stage.connect('a')).ping()
    },
  },
]
