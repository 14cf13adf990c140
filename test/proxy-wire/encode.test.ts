import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { decodePacket } from '../../proxy/wire/decode.ts'
import { encodePacket, type Sendable } from '../../proxy/wire/encode.ts'
import { Framer } from '../../proxy/wire/frame.ts'
import type { ConnectPacket } from '../../proxy/wire/packets.ts'

/** Reads one packet back, strictly. */
function read(bytes: Buffer, version: 4 | 5 | undefined, from: 'client' | 'broker' = 'client'): unknown {
  const framer = new Framer({ maxPacketBytes: 1 << 20 })
  framer.push(bytes)
  const frame = framer.next()
  expect(framer.next()).toBeUndefined()
  if (frame?.kind !== 'frame') return frame
  const decoded = decodePacket(frame, { version, from })
  return decoded.kind === 'packet' ? decoded.packet : decoded
}

const pairs: [string, string][] = [
  ['a', '1'],
  ['b', '2'],
  ['a', '3'],
  ['a', '1'],
]
const will = {
  topicName: 'home/gone',
  payload: Buffer.from([0, 255, 1]),
  qos: 2,
  retain: true,
  properties: {
    contentType: 'text/plain',
    userProperties: pairs,
    messageExpiryInterval: 5,
    payloadFormatIndicator: true,
  },
} as const
const connect: ConnectPacket = {
  cmd: 'connect',
  version: 5,
  clientId: 'wallet.device',
  clean: false,
  keepAlive: 61,
  userName: 'proxy',
  password: Buffer.from('own'),
  will: { ...will, properties: { ...will.properties, userProperties: [...pairs] } },
  properties: { sessionExpiryInterval: 7, receiveMaximum: 20 },
}

describe('a CONNECT that is written anew', () => {
  test('keeps the Will’s User Properties in their order, with duplicates [MQTT-3.1.3-10] [MQTT-3.3.2-18]', () => {
    expect(read(encodePacket(connect, 5), undefined)).toEqual(connect)
  })

  test('may have a password and no user name, or neither, and no client id', () => {
    const { userName: _name, will: _will, ...bare } = connect
    expect(read(encodePacket(bare, 5), undefined)).toEqual(bare)
    const { password: _password, ...barer } = { ...bare, clientId: '', clean: true }
    expect(read(encodePacket(barer, 5), undefined)).toEqual(barer)
  })

  test('of MQTT 3.1.1 has no properties, its Will neither', () => {
    const old = { ...connect, version: 4, properties: {}, will: { ...will, properties: {} } } as const
    expect(read(encodePacket(old, 4), undefined)).toEqual(old)
  })

  test('survives any User Properties, byte for byte', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 }).filter((value) => !value.includes('\0'))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), (userProperties) => {
        const packet = { ...connect, will: { ...will, properties: { userProperties } } }
        expect(read(encodePacket(packet, 5), undefined)).toEqual(packet)
      }),
      { numRuns: 50 },
    )
  })
})

describe.each([4, 5] as const)('at level %i,', (version) => {
  const subscription = { topicFilter: 'a/#', qos: 1, noLocal: version === 5, retainAsPublished: false } as const
  const acknowledgements = (['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map((cmd) => [
    { cmd, packetId: 300, reasonCode: 0, properties: {} },
    { cmd, messageId: 300, reasonCode: 0 },
  ])
  const packets = [
    ...acknowledgements,
    [
      { cmd: 'subscribe', packetId: 1, subscriptions: [{ ...subscription, retainHandling: 0 }], properties: {} },
      {
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: 'a/#', qos: 1, nl: version === 5, rap: false, rh: 0 }],
      },
    ],
    [
      { cmd: 'unsubscribe', packetId: 9, topicFilters: ['a', '$share/g/b/#'], properties: {} },
      { cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['a', '$share/g/b/#'] },
    ],
    [
      { cmd: 'suback', packetId: 3, reasonCodes: [0, 2, 0x80], properties: {} },
      { cmd: 'suback', messageId: 3, granted: [0, 2, 0x80] },
    ],
    [
      { cmd: 'connack', sessionPresent: false, reasonCode: 0x87, properties: {} },
      { cmd: 'connack', sessionPresent: false, reasonCode: 0x87, returnCode: 5 },
    ],
    [{ cmd: 'disconnect', reasonCode: 0, properties: {} }, { cmd: 'disconnect' }],
  ] as unknown as [Sendable, mqttPacket.Packet][]

  test.each(packets.map(([ours, theirs]) => [ours.cmd, ours, theirs] as const))(
    '%s reads as the library writes it',
    (_cmd, ours, theirs) => {
      const from = ours.cmd === 'suback' || ours.cmd === 'connack' ? 'broker' : 'client'
      const library = mqttPacket.generate(theirs, { protocolVersion: version }) as Buffer
      expect(read(encodePacket(ours, version), version, from)).toEqual(read(library, version, from))
    },
  )
})

test('every property of every packet reads back as it was written', () => {
  const connack: Sendable = {
    cmd: 'connack',
    sessionPresent: true,
    reasonCode: 0,
    properties: {
      sessionExpiryInterval: 0xffffffff,
      receiveMaximum: 10,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 70_000,
      assignedClientIdentifier: 'x',
      topicAliasMaximum: 3,
      reasonString: 'é',
      userProperties: pairs,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: true,
      serverKeepAlive: 30,
      authenticationMethod: 'm',
      authenticationData: Buffer.from([1, 2]),
    },
  }
  expect(read(encodePacket(connack, 5), 5, 'broker')).toEqual(connack)
  const subscribe: Sendable = {
    cmd: 'subscribe',
    packetId: 65_535,
    subscriptions: [{ topicFilter: 'a', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 }],
    properties: { subscriptionIdentifier: [268_435_455], userProperties: pairs },
  }
  expect(read(encodePacket(subscribe, 5), 5)).toEqual(subscribe)
})

test('what no packet can hold is refused: a text of 65,536 bytes, a property that does not exist', () => {
  expect(() => encodePacket({ ...connect, clientId: 'x'.repeat(65_536) }, 5)).toThrow(RangeError)
  const unknown = { colour: 'red' } as object
  expect(() => encodePacket({ ...connect, properties: unknown }, 5)).toThrow(TypeError)
})
