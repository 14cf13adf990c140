/** @module What FlyTrap guarantees, whatever broker stands behind it. Played through FlyTrap alone. */
import type { Account } from '../support/chain.ts'
import { pause, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { Client, type Version } from './client.ts'
import { type Seen, Stage, throughFlyTrap } from './stage.ts'

export interface Guests {
  it: TestProxy
  /** May publish below `conf/open` and nothing else. */
  writer: Account
  /** May subscribe to `conf/open/#` and nothing else. */
  reader: Account
}

export interface Guarantee {
  name: string
  expected: (version: Version) => Seen
  /** `stage` is the owner's, who may do everything below `conf`. */
  play(stage: Stage, guests: Guests): Promise<Seen>
}

const NOT_AUTHORIZED = 0x87
/** How long to wait for more, where a broker may take its time for each. */
const PATIENCE_MS = 5_000

/** One deed after the other: the owner's transactions are numbered. */
let deeds: Promise<unknown> = Promise.resolve()
function onChain<T>({ it }: Guests, deed: (chain: TestProxy['chain']) => Promise<T>): Promise<T> {
  const done = deeds.then(async () => {
    const result = await deed(it.chain)
    await viewCaughtUp(it)
    return result
  })
  deeds = done.catch(() => {})
  return done
}

/** Deliveries that the proxy kept back so far, of all that play at once. */
const withheldBy = ({ it }: Guests): number =>
  Object.entries(it.proxy.stats()).reduce((sum, [what, count]) => sum + (what.startsWith('deliver:') ? count : 0), 0)

/** Resolves once `count` were kept back in all, or none for a while. */
async function untilWithheld(guests: Guests, count: number): Promise<void> {
  let [seen, since] = [-1, 0]
  while (seen < count) {
    const now = withheldBy(guests)
    if (now !== seen) [seen, since] = [now, Date.now()]
    else if (Date.now() - since > PATIENCE_MS) return
    await pause(50)
  }
}

/** A new wallet that may subscribe to `topics`, which are registered for it. */
const invite = (guests: Guests, ...topics: string[]): Promise<Account> =>
  onChain(guests, async (chain) => {
    const guest = await chain.account()
    for (const topic of topics) {
      await chain.call('registerTopic', [topic])
      await chain.grant(topic, guest.address, 2)
    }
    return guest
  })

/** A stage of somebody else, with client ids of its own. */
const stageOf = ({ it }: Guests, stage: Stage, account: Account): Stage =>
  new Stage(stage.version, throughFlyTrap(it, account))

const deniedPublish = (qos: 0 | 1 | 2): Guarantee => ({
  name:
    qos === 0
      ? 'a denied PUBLISH of QoS 0 goes nowhere; MQTT 3.1.1 is disconnected'
      : `a denied PUBLISH of QoS ${qos} is answered 0x87 with its own id; MQTT 3.1.1 is disconnected [MQTT-3.3.5-2] [MQTT-4.3.3-9]`,
  expected: (version) => (version === 5 ? [qos === 0 ? 0 : NOT_AUTHORIZED, 'open'] : ['closed', 'closed']),
  async play(stage, guests) {
    const watcher = await stage.connect('watch')
    await watcher.subscribe(stage.topic('#'), 2)
    const stranger = await stageOf(guests, stage, guests.writer).connect('guest')
    const code = await stranger.publish(stage.topic('x'), 'forbidden', { qos })
    const heard = await watcher.received(0)
    return [...heard, code, stranger.isClosed ? 'closed' : 'open']
  },
})

export const guarantees: readonly Guarantee[] = [
  deniedPublish(0),
  deniedPublish(1),
  deniedPublish(2),
  {
    name: 'SUBACK has one code a filter, in order: what no grant covers, and what is wider than it, is denied whole [MQTT-3.9.3-1]',
    expected: (version) => {
      const no = version === 5 ? NOT_AUTHORIZED : 0x80
      return [no, 1, no, no, no, 1]
    },
    async play(stage, guests) {
      const reader = await stageOf(guests, stage, guests.reader).connect('guest')
      const asked = ['#', 'conf/open/a', 'conf/#', '+/open', '$SYS/#', 'conf/open/#']
      return reader.subscribe(
        asked.map((topic) => ({ topic })),
        1,
      )
    },
  },
  {
    name: 'nothing is delivered that the receiver may not have: a retained message outlives its reader’s grant, unseen',
    expected: () => [[1], [], ['kept']],
    async play(stage, guests) {
      const topic = stage.topic('x')
      const guest = await invite(guests, topic)
      const reader = await stageOf(guests, stage, guest).connect('guest')
      const granted = await reader.subscribe(topic, 1)
      await onChain(guests, (chain) => chain.call('revoke', [topic, guest.address, 2]))
      await (await stage.connect('owner')).publish(topic, 'kept', { qos: 1, retain: true })
      const meanwhile = [...(await reader.received(0))]
      await onChain(guests, (chain) => chain.grant(topic, guest.address, 2))
      await (await stage.connect('owner')).publish(topic, 'kept', { qos: 1, retain: true })
      return [granted, meanwhile, await reader.received(1)]
    },
  },
  {
    name: 'a kept session hands out nothing that came for it after its revocation, and does not stall [MQTT-3.3.4-9]',
    expected: () => [true, 'open', 'again'],
    async play(stage, guests) {
      const [topic, open] = [stage.topic('x'), stage.topic('open')]
      const guest = await invite(guests, topic, open)
      const guestStage = stageOf(guests, stage, guest)
      const first = await guestStage.keep('guest')
      await first.subscribe([{ topic }, { topic: open }], 1)
      await first.end()
      await onChain(guests, (chain) => chain.call('revoke', [topic, guest.address, 2]))
      const owner = await stage.connect('owner')
      for (let i = 0; i < 30; i++) await owner.publish(topic, `secret ${i}`, { qos: 1 }) // more than any window
      await owner.publish(open, 'open', { qos: 1 })
      const withheld = withheldBy(guests)
      const again = await guestStage.keep('guest')
      await untilWithheld(guests, withheld + 30)
      await again.received(1) // what may be read stood behind what may not, and is still there
      await onChain(guests, (chain) => chain.grant(topic, guest.address, 2))
      await owner.publish(topic, 'again', { qos: 1 })
      return [again.connack?.sessionPresent, ...(await again.received(2))]
    },
  },
  {
    name: 'no message reaches anybody under another name than it was published under [MQTT-4.7.3-4]',
    expected: () => [],
    async play(stage) {
      const watcher = await stage.connect('watch')
      await watcher.subscribe(stage.topic('#'), 1)
      const names = ['a.b', 'a b', 'a*b', '*', 'a>b', '>', '/a', 'a/', 'a//b', 'aA', 'e\u0301'].map((rest) =>
        stage.topic(rest),
      )
      await Promise.all(
        // Each on its own connection: what is refused ends it in MQTT 3.1.1.
        names.map(async (name, i) => (await stage.connect(`pub${i}`)).publish(name, name, { qos: 1 })),
      )
      await watcher.quiet(400)
      return watcher.messages.filter(({ topic, payload }) => topic !== payload).map(({ topic }) => topic)
    },
  },
  {
    name: 'two wallets with the same client id have nothing of each other’s [MQTT-3.1.4-3] [MQTT-3.1.2-5]',
    expected: () => [false, ['mine'], 'open'],
    async play(stage, guests) {
      const clientId = `shared-${stage.prefix.slice(6)}`
      const asOwner = throughFlyTrap(guests.it, guests.it.chain.owner)(clientId)
      const asGuest = throughFlyTrap(guests.it, guests.reader)(clientId)
      const kept = stage.version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}
      const victim = await Client.connect(stage.version, asOwner, { clean: false, ...kept })
      await victim.subscribe(stage.topic('#'), 1)
      const thief = await Client.connect(stage.version, asGuest, { clean: false, ...kept })
      await (await stage.connect('pub')).publish(stage.topic('x'), 'mine', { qos: 1 })
      const heard = await victim.received(1)
      const seen = [
        thief.connack?.sessionPresent,
        [...heard, ...(await thief.received(0))],
        victim.isClosed ? 'closed' : 'open',
      ]
      victim.vanish()
      thief.vanish()
      return seen
    },
  },
]
