/** @module Shared subscriptions: MQTT 5, and an extension of some brokers in 3.1.1. */
import type { Behaviour } from './stage.ts'

/** A broker may do without: it says so in CONNACK, and FlyTrap answers for it. */
const NOT_SUPPORTED = 0x9e

export const shared: readonly Behaviour[] = [
  {
    name: 'each message of a shared subscription goes to one member, and all are served [MQTT-4.8.2-4]',
    isCount: true,
    versions: [5],
    expected: () => [0, 0, 6, true],
    orElse: [[NOT_SUPPORTED, NOT_SUPPORTED]],
    async play(stage) {
      const [one, two] = [await stage.connect('one'), await stage.connect('two')]
      const filter = `$share/group/${stage.topic('#')}`
      const granted = [await one.subscribe(filter, 0), await two.subscribe(filter, 0)].flat()
      if (granted.some((code) => code === 'closed' || code >= 0x80)) return granted
      const publisher = await stage.connect('pub')
      for (let i = 0; i < 6; i++) await publisher.publish(stage.topic('x'), String(i), { qos: 0 })
      const isAllThere = () => one.messages.length + two.messages.length >= 6
      await Promise.race([one.until(isAllThere), two.until(isAllThere)])
      await one.quiet()
      await two.quiet()
      const [first, second] = [one.messages.length, two.messages.length]
      return [...granted, first + second, first > 0 && second > 0]
    },
  },
  {
    name: 'a retained message is not sent to a new shared subscription (5: 4.8.2)',
    versions: [5],
    expected: () => [0],
    orElse: [[NOT_SUPPORTED]],
    async play(stage) {
      await (await stage.connect('pub')).publish(stage.topic('x'), 'x', { qos: 1, retain: true })
      const member = await stage.connect('one')
      const granted = await member.subscribe(`$share/group/${stage.topic('#')}`, 0)
      return [...(granted === 'closed' ? [granted] : granted), ...(await member.received(0))]
    },
  },
]
