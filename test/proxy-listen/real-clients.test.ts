/** The whole proxy behind every listener, dialled by clients that people use. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import mqtt, { type IClientOptions } from 'mqtt'
import mqttPacket from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Address } from '../../domain/bytes.ts'
import type { ListenerKind } from '../../proxy/listen/accepted.ts'
import { deviceAddressOf } from '../../proxy/listen/tls/device-key.ts'
import type { Account } from '../support/chain.ts'
import { clientCertificate, type ServerFiles, serverFiles } from '../support/listener.ts'
import {
  credentialOptions,
  credentialPassword,
  inbox,
  startTestProxy,
  type TestProxy,
  viewCaughtUp,
} from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'
import { hasTool, startTool } from '../support/tools.ts'

let it: TestProxy
let files: ServerFiles
let sensor: Account
const FOREVER = 2 ** 40 - 1

beforeAll(async () => {
  files = serverFiles()
  const place = { host: '127.0.0.1', port: 0 }
  it = await startTestProxy('mosquitto', {
    listen: [
      { ...place, kind: 'mqtt', trustedSenders: ['127.0.0.9'] },
      { ...place, kind: 'mqtts', certificate: files },
      { ...place, kind: 'ws' },
      { ...place, kind: 'wss', certificate: files },
    ],
  })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 3)
  await viewCaughtUp(it)
})
afterAll(async () => {
  await it.stop()
  files.remove()
})

const urlOf = (kind: ListenerKind): string =>
  `${kind}://localhost:${it.proxy.ports[kind]}${kind.startsWith('ws') ? '/mqtt' : ''}`
const trust = (): IClientOptions => ({ ca: readFileSync(files.caFile) })

describe('MQTT.js', () => {
  test.each<[ListenerKind, 4 | 5]>([
    ['mqtts', 5],
    ['ws', 4],
    ['ws', 5],
    ['wss', 5],
  ])('over %s at level %i publishes and receives, large packets too', async (kind, protocolVersion) => {
    const device = credentialOptions(it, { account: sensor, clientId: `${kind}-${protocolVersion}`, protocolVersion })
    const client = await mqtt.connectAsync(urlOf(kind), { ...device, ...trust() }, false)
    const topic = `home/${kind}/${protocolVersion}`
    const received = new Promise<Buffer>((resolve) => client.on('message', (_topic, payload) => resolve(payload)))
    await client.subscribeAsync(topic, { qos: 1 })
    const payload = Buffer.alloc(300_000, kind)
    await client.publishAsync(topic, payload, { qos: 1 })
    expect((await received).equals(payload)).toBe(true)
    await client.endAsync(true)
  })
})

describe('a device key of a client certificate', () => {
  const deviceOf = (certificate: ReturnType<typeof clientCertificate>): Address =>
    deviceAddressOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))

  async function authorize(device: Address, until: number): Promise<void> {
    await it.chain.call('authorizeDevice', [device, until], sensor.sender)
    await viewCaughtUp(it)
  }

  const login = (clientId: string, more: IClientOptions): IClientOptions => ({
    protocolVersion: 5,
    reconnectPeriod: 0,
    clientId,
    username: sensor.address,
    ...trust(),
    ...more,
  })

  test.each(['P-256', 'P-384', 'Ed25519'] as const)(
    'of kind %s signs in for its owner, until it is revoked',
    async (kind) => {
      const certificate = clientCertificate(kind)
      const { cert, key } = certificate
      const options = login(`mtls-${kind}`, { cert, key })
      await expect(mqtt.connectAsync(urlOf('mqtts'), options, false)).rejects.toMatchObject({ code: 0x87 })

      await authorize(deviceOf(certificate), FOREVER)
      const client = await mqtt.connectAsync(urlOf('mqtts'), options, false)
      await client.publishAsync('home/mtls', kind, { qos: 1 })
      const cut = new Promise((resolve) => client.once('disconnect', resolve))
      await it.chain.call('authorizeDevice', [deviceOf(certificate), 0], sensor.sender)
      expect(await cut).toMatchObject({ reasonCode: 0x87 })
      client.end(true)
    },
  )

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that was revoked does not sign in by a resumed session of %s',
    async (version) => {
      const certificate = clientCertificate('P-256')
      await authorize(deviceOf(certificate), FOREVER)
      const versions = { minVersion: version, maxVersion: version, ca: readFileSync(files.caFile) }
      const dial = (more: object) =>
        connectTls({ host: '127.0.0.1', port: it.proxy.ports.mqtts!, servername: 'localhost', ...versions, ...more })
      const connack = async (socket: ReturnType<typeof dial>): Promise<number> => {
        const userName = Buffer.from(sensor.address)
        const clientId = Buffer.from(`resumed-${version}`)
        const text = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, bytes.length]), bytes])
        const body = Buffer.concat([
          text(Buffer.from('MQTT')),
          Buffer.from([5, 0x82, 0, 0, 0]),
          text(clientId),
          text(userName),
        ])
        socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]))
        return ((await once(socket, 'data'))[0] as Buffer)[3]!
      }
      const first = dial({ cert: certificate.cert, key: certificate.key })
      let session: Buffer | undefined
      first.on('session', (ticket: Buffer) => {
        session = ticket
      })
      expect(await connack(first)).toBe(0)
      session ??= first.getSession()
      first.destroy()

      const resumed = dial({ session })
      expect(await connack(resumed)).toBe(0)
      expect(resumed.isSessionReused()).toBe(true)
      resumed.destroy()

      await authorize(deviceOf(certificate), 0)
      const late = dial({ session })
      expect(await connack(late)).toBe(0x87)
      expect(late.isSessionReused()).toBe(true)
      late.destroy()
    },
  )

  test('of a kind that does not serve is refused with a code of its own', async () => {
    const { cert, key } = clientCertificate('RSA')
    const refused = mqtt.connectAsync(urlOf('mqtts'), login('rsa', { cert, key }), false)
    await expect(refused).rejects.toMatchObject({ code: 0x8c })
  })

  test('that does not serve does not stand in the way of a credential', async () => {
    const { cert, key } = clientCertificate('RSA')
    const options = { ...credentialOptions(it, { account: sensor, clientId: 'rsa-too' }), ...trust(), cert, key }
    const client = await mqtt.connectAsync(urlOf('mqtts'), options, false)
    await client.endAsync(true)
  })
})

describe('Mosquitto’s clients', () => {
  const isHere = hasTool('mosquitto_pub', 'mosquitto-clients')

  /** Its options, passwords above all, stand in a file that it reads. */
  function configure(client: string, lines: readonly string[]): Record<string, string> {
    writeFileSync(join(files.dir, client), `${lines.join('\n')}\n`, { mode: 0o600 })
    return { XDG_CONFIG_HOME: files.dir }
  }

  test.skipIf(!isHere)('publish over TLS with a credential, and are refused by their exit code', async () => {
    const listener = await mqtt.connectAsync(
      urlOf('mqtt'),
      credentialOptions(it, { account: sensor, clientId: 'ear' }),
      false,
    )
    const heard = inbox(listener)
    await listener.subscribeAsync('home/mosquitto')
    const lines = (clientId: string, password: string): string[] => [
      '-h localhost',
      `-p ${it.proxy.ports.mqtts}`,
      `--cafile ${files.caFile}`,
      '-V mqttv5',
      `-i ${clientId}`,
      `-u ${sensor.address}`,
      `-P ${password}`,
    ]
    const password = credentialPassword(it.deployment, { account: sensor, clientId: 'pub' })
    const args = ['-t', 'home/mosquitto', '-q', '1', '-m', 'hello']
    expect(await startTool('mosquitto_pub', args, configure('mosquitto_pub', lines('pub', password)))).toMatchObject({
      code: 0,
    })
    await expect.poll(() => heard).toEqual(['home/mosquitto hello'])
    expect(await startTool('mosquitto_pub', args, configure('mosquitto_pub', lines('other', password)))).toMatchObject({
      code: 0x87,
    })
    await listener.endAsync(true)
  })

  test.skipIf(!isHere)('publish with a device certificate', async () => {
    const certificate = clientCertificate('P-256')
    const device = deviceAddressOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    await it.chain.call('authorizeDevice', [device, FOREVER], sensor.sender)
    await viewCaughtUp(it)
    const { certFile, keyFile } = certificate.files(files.dir)
    const args = [
      '-h',
      'localhost',
      '-p',
      String(it.proxy.ports.mqtts),
      '--cafile',
      files.caFile,
      '--cert',
      certFile,
      '--key',
      keyFile,
    ]
    const login = [
      '-V',
      'mqttv5',
      '-i',
      'cert',
      '-u',
      sensor.address,
      '-t',
      'home/cert',
      '-q',
      '1',
      '-m',
      'hello',
      '-d',
    ]
    const { code, text } = await startTool('mosquitto_pub', [...args, ...login], { XDG_CONFIG_HOME: '/nonexistent' })
    expect([code, text]).toEqual([0, expect.stringMatching(/RC:(0|16)\)/)])
  })
})

describe('behind a load balancer', () => {
  test('the evidence of a login holds the address that the trusted sender tells', async () => {
    const password = Buffer.from(credentialPassword(it.deployment, { account: sensor, clientId: 'behind' }))
    const login = { clientId: 'behind', username: sensor.address, password, clean: true, keepalive: 0 }
    const socket = createConnection({ port: it.proxy.port, host: '127.0.0.1', localAddress: '127.0.0.9' })
    socket.write('PROXY TCP4 203.0.113.50 198.51.100.1 40000 1883\r\n')
    socket.write(mqttPacket.generate({ cmd: 'connect', protocolVersion: 5, ...login }, { protocolVersion: 5 }))
    const connack = (await once(socket, 'data'))[0] as Buffer
    expect([connack[0], connack[3]]).toEqual([0x20, 0])
    socket.destroy()
    await it.records.flush()
    const { evidence } = await readHistory(it.chain, it.recorder)
    const ours = evidence.filter(({ text }) => text?.includes('"clientId":"behind"'))
    expect(ours.length).toBeGreaterThan(0)
    for (const { text } of ours) expect(text).toContain('"address":"203.0.113.50"')
  })
})
