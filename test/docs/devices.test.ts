/** Each example of docs/devices.md as people run it, before a real proxy: let in where it may, refused where it may not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceAddressOf } from '../../proxy/listen/tls/device-key.ts'
import type { Account } from '../support/chain.ts'
import { clientCertificate, type ServerFiles, serverFiles } from '../support/listener.ts'
import { credentialPassword, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { hasFile, hasTool, runTool, startTool } from '../support/tools.ts'

const example = (name: string): string => join(import.meta.dirname, '../../docs/examples', name)
const scratch = mkdtempSync(join(tmpdir(), 'flytrap-devices-'))
let it: TestProxy
let tls: ServerFiles
let sensor: Account

beforeAll(async () => {
  tls = serverFiles()
  const place = { host: '127.0.0.1', port: 0 }
  it = await startTestProxy('mosquitto', {
    listen: [
      { ...place, kind: 'mqtt' },
      { ...place, kind: 'mqtts', certificate: tls },
      { ...place, kind: 'wss', certificate: tls },
    ],
  })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/a'])
  await it.chain.grant('home/a', sensor.address, 3)
  await viewCaughtUp(it)
})
afterAll(async () => {
  await it.stop()
  tls.remove()
  rmSync(scratch, { recursive: true, force: true })
})

/** What `flytrap device credential` leaves behind: its JSON, and a folder with options for Mosquitto's clients. */
function credential(clientId: string): { json: string; dir: string; options: string; passwordFile: string } {
  const password = credentialPassword(it.deployment, { account: sensor, clientId })
  const dir = mkdtempSync(join(scratch, 'device-'))
  const [json, options, passwordFile] = ['device.json', 'mosquitto_pub', 'password'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ]
  const lines = [
    '-h localhost',
    `-p ${it.proxy.port}`,
    '-V mqttv5',
    `-i ${clientId}`,
    `-u ${sensor.address}`,
    `-P ${password}`,
  ]
  const text = `${lines.join('\n')}\n`
  for (const client of ['mosquitto_pub', 'mosquitto_sub']) writeFileSync(join(dir, client), text, { mode: 0o600 })
  writeFileSync(json, JSON.stringify({ username: sensor.address, password, clientId }), { mode: 0o600 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  return { json, dir, options, passwordFile }
}

const mqttsPort = (): string => String(it.proxy.ports.mqtts)
const node = (name: string, ...args: string[]) => startTool(process.execPath, [example(name), ...args])

describe.concurrent('Mosquitto’s clients', () => {
  const isHere = hasTool('mosquitto_pub', 'mosquitto-clients')

  test.skipIf(!isHere)('subscribe and publish with a credential', async () => {
    const [ear, mouth] = [credential('ear').dir, credential('mouth').dir]
    const run = (topic: string) => startTool('sh', [example('mosquitto.sh'), ear, mouth, topic, 'hello'])
    expect(await run('home/a')).toEqual({ code: 0, text: 'home/a hello\n' })
    expect(await run('home/b')).toEqual({ code: 1, text: expect.stringContaining('Not authorized') })
  })

  test.skipIf(!isHere)('publish with the key of a certificate that signed itself', async () => {
    const certificate = clientCertificate('P-256')
    const device = deviceAddressOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    const { certFile, keyFile } = certificate.files(scratch)
    const place = [certFile, keyFile, tls.caFile, 'localhost', mqttsPort()]
    const run = () =>
      startTool('sh', [example('mosquitto-certificate.sh'), ...place, sensor.address, 'by-key', 'home/a', 'hello'])
    expect((await run()).code).toBe(0x87)
    await it.chain.call('authorizeDevice', [device, 2 ** 40 - 1], sensor.sender)
    await viewCaughtUp(it)
    expect((await run()).code).toBe(0)
  })
})

describe.concurrent('Paho for Python', () => {
  const python = '/usr/bin/python3' // Debian's, which has Debian's modules
  const isHere = hasFile('/usr/lib/python3/dist-packages/paho/mqtt/client.py', 'python3-paho-mqtt')

  test.skipIf(!isHere)('subscribes, publishes and receives with a credential, over TLS', async () => {
    const { json } = credential('paho')
    const run = (topic: string) =>
      startTool(python, [example('paho-device.py'), json, tls.caFile, 'localhost', mqttsPort(), topic, 'hello'])
    expect(await run('home/a')).toEqual({ code: 0, text: 'home/a hello\n' })
    expect(await run('home/b')).toEqual({ code: 1, text: expect.stringContaining('Not authorized') })
  })
})

describe.concurrent('MQTT.js', () => {
  test('with a credential, over TLS and secure WebSocket', async () => {
    for (const url of [`mqtts://localhost:${mqttsPort()}`, `wss://localhost:${it.proxy.ports.wss}/mqtt`]) {
      const run = (topic: string) =>
        node('mqttjs-credential.mjs', credential('js').json, tls.caFile, url, topic, 'hello')
      expect(await run('home/a')).toEqual({ code: 0, text: 'home/a hello\n' })
      expect((await run('home/b')).code).toBe(1)
    }
  })

  test('by signing, as the owner wallet and as its device', async () => {
    const device = await it.chain.account()
    await it.chain.call('authorizeDevice', [device.address, 2 ** 40 - 1], sensor.sender)
    await viewCaughtUp(it)
    const deployment = join(scratch, 'deployment.json')
    const { chainId, contract } = it.deployment
    writeFileSync(deployment, JSON.stringify({ chainId: chainId.toString(), contract }))
    const run = (signer: Account, ...owner: string[]) => {
      const keyFile = join(scratch, 'signer.key')
      writeFileSync(keyFile, `${signer.key}\n`, { mode: 0o600 })
      const url = `mqtts://localhost:${mqttsPort()}`
      return node('mqttjs-enhanced.mjs', keyFile, deployment, tls.caFile, url, 'signer', 'home/a', 'hello', ...owner)
    }
    expect(await run(sensor)).toEqual({ code: 0, text: 'home/a hello\n' })
    expect(await run(device, sensor.address)).toEqual({ code: 0, text: 'home/a hello\n' })
    expect((await run(await it.chain.account(), sensor.address)).code).toBe(1)
  })
})

describe.concurrent('plain Node', () => {
  test('publishes by hand over TLS', async () => {
    const run = (json: string, topic: string) =>
      node('plain-node.mjs', json, tls.caFile, 'localhost', mqttsPort(), topic, 'hello')
    expect(await run(credential('plain').json, 'home/a')).toEqual({
      code: 0,
      text: expect.stringMatching(/^PUBACK 0x(0|10)\n$/),
    })
    expect(await run(credential('plain').json, 'home/b')).toEqual({ code: 1, text: 'PUBACK 0x87\n' })
    const forged = credential('plain').json
    writeFileSync(forged, readFileSync(forged, 'utf8').replace('"plain"', '"other"'))
    expect(await run(forged, 'home/a')).toEqual({ code: 1, text: 'refused: CONNACK 0x87\n' })
  })
})

describe.concurrent('C', () => {
  const isHere = hasTool('gcc', 'gcc libc6-dev')
  const compile = (name: string, ...libraries: string[]): string => {
    const binary = join(scratch, name)
    const built = runTool('gcc', [
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-o',
      binary,
      example(`${name}.c`),
      ...libraries,
    ])
    expect(built).toEqual({ status: 0, text: '' })
    return binary
  }

  test.skipIf(!isHere)('with sockets alone publishes on the proxy’s machine', async () => {
    const plain = compile('plain')
    const { options } = credential('in-c')
    expect(await startTool(plain, [options, 'home/a', 'hello'])).toEqual({ code: 0, text: 'PUBACK\n' })
    expect((await startTool(plain, [options, 'home/b', 'hello'])).code).toBe(1)
  })

  const hasLibrary = isHere && hasFile('/usr/include/mosquitto.h', 'libmosquitto-dev')
  test.skipIf(!hasLibrary)('with libmosquitto publishes over TLS, and tells a denial', async () => {
    const binary = compile('libmosquitto', '-lmosquitto')
    const { passwordFile } = credential('lib')
    const run = (topic: string) =>
      startTool(binary, [passwordFile, sensor.address, 'lib', tls.caFile, 'localhost', mqttsPort(), topic, 'hello'])
    expect(await run('home/a')).toMatchObject({ code: 0, text: expect.stringContaining('PUBACK') })
    expect(await run('home/b')).toMatchObject({ code: 1, text: expect.stringContaining('Not authorized') })
  })
})

test('docs/devices.md names every example that is here', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/devices.md'), 'utf8')
  const names = [
    'mosquitto.sh',
    'mosquitto-certificate.sh',
    'paho-device.py',
    'mqttjs-credential.mjs',
    'mqttjs-enhanced.mjs',
  ]
  for (const name of [...names, 'plain-node.mjs', 'plain.c', 'libmosquitto.c'])
    expect(text).toContain(`examples/${name}`)
})
