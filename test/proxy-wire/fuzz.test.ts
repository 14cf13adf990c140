import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { decodePacket } from '../../proxy/wire/decode.ts'
import { Framer } from '../../proxy/wire/frame.ts'
import { inspectPublish, PublishHead, readTopicName } from '../../proxy/wire/inspect-publish.ts'
import { fuzzPackets } from '../support/packet-campaign.ts'

/** Shrunk to the smallest when one fails; `npm run fuzz -- packets` runs ten million of the faster kind. */
const PACKETS = 50_000

/** Everything that a stream of bytes can meet. Returns how many packets were accepted. */
function consume(stream: Buffer, version: 4 | 5 | undefined, from: 'client' | 'broker'): number {
  const framer = new Framer({ maxPacketBytes: 4_096 })
  framer.push(stream)
  let accepted = 0
  for (let next = framer.next(); next !== undefined; next = framer.next()) {
    if (next.kind === 'malformed') break
    if (next.type === 3) {
      const head = new PublishHead()
      if (inspectPublish(next, version ?? 5, head) !== undefined) break
      readTopicName(next.buffer.subarray(head.topicAt, head.topicEnd))
    } else if (decodePacket(next, { version, from }).kind === 'malformed') break
    accepted++
  }
  return accepted
}

const seeds: Buffer[] = [
  {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clientId: 'c',
    clean: true,
    keepalive: 9,
    username: 'u',
    password: Buffer.from('p'),
    will: { topic: 'w', payload: Buffer.from('x'), qos: 1, retain: true, properties: { willDelayInterval: 3 } },
    properties: { userProperties: { a: ['1', '2'] }, authenticationMethod: 'm' },
  },
  {
    cmd: 'subscribe',
    messageId: 3,
    subscriptions: [
      { topic: 'a/+', qos: 2 },
      { topic: '$share/g/b', qos: 0 },
    ],
    properties: { subscriptionIdentifier: 5 },
  },
  {
    cmd: 'publish',
    topic: 'home/kitchen',
    payload: Buffer.from('21'),
    qos: 2,
    messageId: 9,
    dup: true,
    retain: true,
    properties: { contentType: 't', responseTopic: 'r', correlationData: Buffer.from('c'), userProperties: { k: 'v' } },
  },
  { cmd: 'puback', messageId: 5, reasonCode: 0x10, properties: { reasonString: 'why' } },
  {
    cmd: 'connack',
    sessionPresent: true,
    reasonCode: 0,
    properties: { assignedClientIdentifier: 'x', serverKeepAlive: 5, maximumQoS: 1 },
  },
  { cmd: 'suback', messageId: 5, granted: [0, 1, 135] },
  { cmd: 'disconnect', reasonCode: 4, properties: { sessionExpiryInterval: 7 } },
  { cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: Buffer.from('d') } },
].map((packet) => mqttPacket.generate(packet as mqttPacket.Packet, { protocolVersion: 5 }))

/** A legal packet with a few bytes changed, cut or doubled: deep in the grammar, and nearly right. */
const mutated = fc
  .record({
    seed: fc.constantFrom(...seeds),
    edits: fc.array(fc.record({ at: fc.nat(120), to: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
    cut: fc.nat(60),
    tail: fc.constantFrom(...seeds),
  })
  .map(({ seed, edits, cut, tail }) => {
    const bytes = Buffer.concat([seed.subarray(0, Math.max(2, seed.length - (cut > 30 ? 0 : cut))), tail])
    for (const { at, to } of edits) bytes[at % bytes.length] = to
    return bytes
  })

const versions = fc.constantFrom(4 as const, 5 as const, undefined)
const sides = fc.constantFrom('client' as const, 'broker' as const)

describe('a million packets, legal, broken and random,', () => {
  test('neither crash nor are read beyond their end; cuts change no verdict, and mqtt-packet reads the legal ones alike', () => {
    const seed = Date.now() % 1_000_000_007
    const { accepted, refused, compared } = fuzzPackets({ seed, packets: 1_000_000, compareEvery: 100 })
    expect(accepted).toBeGreaterThan(500_000 * 0.9)
    expect(refused).toBeGreaterThan(200_000)
    expect(compared).toBeGreaterThan(4_000)
  })
})

describe('whatever bytes come', () => {
  test('random ones never throw and are never read beyond', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(bytes, versions, sides, (stream, version, from) => consume(stream, version, from) >= 0),
      {
        numRuns: PACKETS / 5,
      },
    )
  })

  test('nearly legal packets never throw, and some get through', () => {
    let accepted = 0
    fc.assert(
      fc.property(mutated, versions, sides, (stream, version, from) => {
        accepted += consume(stream, version, from)
      }),
      { numRuns: (PACKETS * 4) / 5 / 2 },
    )
    expect(accepted).toBeGreaterThan(PACKETS / 100)
  })
})
