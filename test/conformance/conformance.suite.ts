/**
 * @module One suite for every broker and version. A behaviour is played before the broker and before FlyTrap: what comes
 * through FlyTrap must be what the standard says, or what this broker does without us. The rest is a mistake of ours.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrokerMake, TestBroker } from '../support/brokers/broker.ts'
import { startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { type Relay, startRelay } from '../support/relay.ts'
import { Client, type Version } from './client.ts'
import { type Guests, guarantees } from './guarantees.ts'
import { limits } from './limits.ts'
import { messages } from './messages.ts'
import { sessions } from './sessions.ts'
import { shared } from './shared.ts'
import { type Behaviour, directly, type Seen, Stage, throughFlyTrap } from './stage.ts'
import { subscriptions } from './subscriptions.ts'
import { wills } from './wills.ts'

const BEHAVIOURS = [...sessions, ...messages, ...limits, ...subscriptions, ...shared, ...wills]
/** Longer than any pause after which the suite takes it that nothing more comes. */
const LATE_MS = 400

/** One row of the table that the suite writes. */
export interface Observation {
  behaviour: string
  version: Version
  standard: Seen
  direct: Seen
  through: Seen
}

export interface Findings {
  make: string
  makeVersion: string
  versions: readonly Version[]
  observations: Observation[]
}

export function conformance(make: BrokerMake): void {
  describe(`behind ${make.name} ${make.version() ?? ''}`, () => {
    let broker: TestBroker
    let relay: Relay
    let it: TestProxy
    let guests: Guests
    const toBroker: Buffer[] = []
    const findings: Findings = {
      make: make.name,
      makeVersion: make.version() ?? '',
      versions: make.versions,
      observations: [],
    }

    beforeAll(async () => {
      broker = await make.start()
      relay = await startRelay(broker.target.port)
      relay.onToBroker = (bytes) => void toBroker.push(bytes)
      const target = { ...broker.target, port: relay.port }
      it = await startTestProxy({ target, stop: broker.stop }, { limits: { connectionsPerAddress: 10_000 } })
      guests = await inviteGuests(it)
    }, 300_000)
    afterAll(async () => {
      writeFindings(findings)
      await relay?.stop()
      await it?.stop()
    })

    const door = () => throughFlyTrap(it, it.chain.owner)

    describe.each(make.versions)('in MQTT level %i', (version) => {
      const rows = BEHAVIOURS.filter(({ versions }) => versions?.includes(version) ?? true)

      test.concurrent.for(rows)('$name', async (behaviour, context) => {
        const [direct, through] = await Promise.all([
          play(behaviour, new Stage(version, directly(broker.target))),
          play(behaviour, new Stage(version, door())),
        ])
        const standard = behaviour.expected?.(version)
        findings.observations.push({ behaviour: behaviour.name, version, standard, direct, through })
        const onPurpose = behaviour.throughFlyTrap?.(version)
        const right = onPurpose === undefined ? [standard, direct, ...(behaviour.orElse ?? [])] : [onPurpose]
        context.expect(right).toContainEqual(through)
      })

      const counts = rows.filter(({ isCount }) => isCount)
      test.concurrent.for(counts)('the suite sees the same of a broker that is late: $name', async (row, context) => {
        const slow = await startRelay(broker.target.port)
        slow.delayMs = LATE_MS
        const late = await play(row, new Stage(version, directly({ ...broker.target, port: slow.port })))
        context.expect(late).toEqual(await play(row, new Stage(version, directly(broker.target))))
        await slow.stop()
      })

      test.concurrent.for(guarantees)('FlyTrap guarantees: $name', async ({ play: playIt, expected }, context) => {
        const stage = new Stage(version, door())
        context.expect(await playIt(stage, guests)).toEqual(expected(version))
        await stage.end()
      })
    })

    test('a device that speaks what no broker here speaks is told so, by its version [MQTT-3.1.2-2]', async () => {
      const client = await Client.connect(5, door()('too-new'))
      expect(client.code).toBe(make.versions.includes(5) ? 0 : 0x84)
      client.vanish()
    })

    test('the broker read no credential, and no wallet but in its client id’s own form', async () => {
      const bytes = Buffer.concat(toBroker).toString('latin1')
      expect(bytes.length).toBeGreaterThan(1_000)
      expect(bytes).not.toContain('ft1.')
      for (const { address } of [it.chain.owner, guests.reader, guests.writer]) {
        expect(bytes.toLowerCase()).not.toContain(address.slice(2))
      }
    })

    test('a broker that vanishes with a PUBLISH under way leaves it unacknowledged and the device disconnected; the next connection is served', async () => {
      const version = make.versions.includes(5) ? 5 : 4
      const client = await Client.connect(version, door()('in-flight'))
      relay.isMute = true
      const answer = client.publish('conf/in-flight', 'x', { qos: 1 })
      await client.quiet()
      relay.cut()
      expect(await answer).toBe('closed')
      const goodbye = client.packets.find((packet) => packet.cmd === 'disconnect')
      expect(goodbye?.reasonCode).toBe(version === 5 ? 0x80 : undefined)
      relay.isMute = false
      await expect.poll(() => it.proxy.brokers()[0]?.state).toBe('up')
      const again = await Client.connect(version, door()('in-flight'))
      expect(await again.publish('conf/in-flight', 'x', { qos: 1 })).not.toBe('closed')
      again.vanish()
    })
  })
}

async function play(behaviour: Behaviour, stage: Stage): Promise<Seen> {
  try {
    return await behaviour.play(stage)
  } finally {
    await stage.end()
  }
}

async function inviteGuests(it: TestProxy): Promise<Guests> {
  const { chain } = it
  const [writer, reader] = [await chain.account(), await chain.account()]
  await chain.call('giveTopic', ['conf', chain.owner.address])
  await chain.call('registerTopic', ['conf/open'])
  await chain.call('registerTopic', ['conf/open/#'])
  await chain.grant('conf/open/#', writer.address, 1)
  await chain.grant('conf/open/#', reader.address, 2)
  await viewCaughtUp(it)
  return { it, writer, reader }
}

/** For the table in the docs, where `npm run conformance` collects it. */
function writeFindings(findings: Findings): void {
  const dir = process.env.FLYTRAP_CONFORMANCE_DIR
  if (dir === undefined) return
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, `${findings.make}.json`), JSON.stringify(findings))
}
