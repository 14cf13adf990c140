/**
 * @module `npm run bench -- devices [--json] [--write]`: what a device pays for one connection (CONNECT, one PUBLISH of 16
 * bytes at QoS 1, DISCONNECT) by each form of login and transport, in bytes and in processor time of its own process.
 * `--write` puts the table into docs/devices.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import secp256k1 from 'secp256k1'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import { deviceAddressOf } from '../../proxy/listen/tls/device-key.ts'
import { clientCertificate, serverFiles } from '../support/listener.ts'
import { credentialPassword, signDigest, startTestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { startTool } from '../support/tools.ts'
import type { ClientFigures, ClientOrder } from './devices/client.ts'
import { startCountingRelay } from './devices/counting-relay.ts'

const TIMES = 60
const WARM_UP = 25
const TOPIC = 'home/a'
const DOC = join(import.meta.dirname, '../../docs/devices.md')

interface Figure {
  name: string
  value: number
  unit: string
  comparedWith: string
}

interface Cost {
  name: string
  sent: number
  received: number
  /** Undefined: not measured for this one. */
  cpuMillis: number
}

if (findMosquitto() === undefined) {
  console.error('This benchmark needs Mosquitto: apt-get install --no-install-recommends mosquitto')
  process.exit(1)
}
const scratch = mkdtempSync(join(tmpdir(), 'flytrap-bench-devices-'))
const tls = serverFiles()
const place = { host: '127.0.0.1', port: 0 }
const it = await startTestProxy('mosquitto', {
  listen: [
    { ...place, kind: 'mqtt' },
    { ...place, kind: 'mqtts', certificate: tls },
    { ...place, kind: 'ws' },
    { ...place, kind: 'wss', certificate: tls },
  ],
})
const owner = it.chain.owner
await it.chain.call('giveTopic', ['home', owner.address])
const certificate = clientCertificate('P-256')
const device = deviceAddressOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))
await it.chain.call('authorizeDevice', [device, 2 ** 40 - 1])
await viewCaughtUp(it)

const clientId = 'sensor-0001'
const password = credentialPassword(it.deployment, { account: owner, clientId })
const base = { topic: TOPIC, clientId, username: owner.address, protocolVersion: 5 as const }
const { port: brokerPort, userName = '', password: brokerPassword = '' } = it.broker.target
const { contract, chainId } = it.deployment
const signing = { key: owner.key, chainId: chainId.toString(), contract }
const overTls = { caFile: tls.caFile }
const pair = { certificate: certificate.files(scratch) }

type Way = Omit<ClientOrder, 'url' | 'times' | 'warmUp'> & { name: string; scheme: string; port: number }
const { mqtt = 0, mqtts = 0, ws = 0, wss = 0 } = it.proxy.ports
const direct = { ...base, username: userName, password: brokerPassword }
const WAYS: Way[] = [
  { name: 'without a proxy: name and password, MQTT 5', scheme: 'mqtt', port: brokerPort, ...direct },
  { name: 'credential, MQTT 3.1.1', scheme: 'mqtt', port: mqtt, ...base, protocolVersion: 4, password },
  { name: 'credential, MQTT 5', scheme: 'mqtt', port: mqtt, ...base, password },
  { name: 'enhanced authentication, MQTT 5', scheme: 'mqtt', port: mqtt, ...base, signing },
  { name: 'credential, WebSocket', scheme: 'ws', port: ws, ...base, password },
  { name: 'credential, TLS 1.3', scheme: 'mqtts', port: mqtts, ...base, password, ...overTls },
  {
    name: 'credential, TLS 1.3, X25519 alone',
    scheme: 'mqtts',
    port: mqtts,
    ...base,
    password,
    ...overTls,
    ecdhCurve: 'X25519',
  },
  { name: 'credential, TLS 1.3, resumed', scheme: 'mqtts', port: mqtts, ...base, password, ...overTls, resumes: true },
  { name: 'client certificate (P-256), TLS 1.3', scheme: 'mqtts', port: mqtts, ...base, ...overTls, ...pair },
  {
    name: 'client certificate, TLS 1.3, resumed',
    scheme: 'mqtts',
    port: mqtts,
    ...base,
    ...overTls,
    ...pair,
    resumes: true,
  },
  { name: 'credential, secure WebSocket', scheme: 'wss', port: wss, ...base, password, ...overTls },
]

const costs: Cost[] = []
for (const way of WAYS) {
  console.error(`${way.name} …`)
  costs.push(await measure(way))
}
const inC = await measureC()
const signatures = timeSignatures()
await it.stop()
tls.remove()
rmSync(scratch, { recursive: true, force: true })
report()
process.exit(0)

async function measure({ name, scheme, port, ...order }: Way): Promise<Cost> {
  const relay = await startCountingRelay(port)
  const path = scheme.startsWith('ws') ? '/mqtt' : ''
  const urlOf = (to: number): string => `${scheme}://localhost:${to}${path}`
  // A resumed session needs one before it, which is not counted: two connections less one.
  await runClient({ ...order, url: urlOf(relay.port), times: 1, warmUp: 0 })
  const once = relay.take()
  await runClient({ ...order, url: urlOf(relay.port), times: 1, warmUp: 1 })
  const twice = relay.take()
  await relay.stop()
  const { cpuMicros } = await runClient({ ...order, url: urlOf(port), times: TIMES, warmUp: WARM_UP })
  return {
    name,
    sent: twice.sent - once.sent,
    received: twice.received - once.received,
    cpuMillis: cpuMicros / 1_000,
  }
}

async function runClient(order: ClientOrder): Promise<ClientFigures> {
  const { code, text } = await startTool(process.execPath, [
    join(import.meta.dirname, 'devices/client.ts'),
    JSON.stringify(order),
  ])
  if (code !== 0) throw new Error(text)
  return JSON.parse(text) as ClientFigures
}

/** The whole process, its start included: what a small program costs. */
async function measureC(): Promise<{ name: string; cpuMillis: number }[]> {
  const [options, passwordFile] = [join(scratch, 'mosquitto_pub'), join(scratch, 'password')]
  const lines = ['-h localhost', `-p ${mqtt}`, `-i ${clientId}`, `-u ${owner.address}`, `-P ${password}`]
  writeFileSync(options, `${lines.join('\n')}\n`, { mode: 0o600 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  const message = '0123456789abcdef'
  const library = [passwordFile, owner.address, clientId, tls.caFile, 'localhost', String(mqtts), TOPIC, message]
  return [
    { name: 'plain.c, credential, MQTT 3.1.1', cpuMillis: await timeC('plain', [options, TOPIC, message]) },
    { name: 'libmosquitto.c, credential, TLS 1.3', cpuMillis: await timeC('libmosquitto', library, '-lmosquitto') },
  ]
}

async function timeC(name: string, args: readonly string[], ...libraries: string[]): Promise<number> {
  const binary = join(scratch, name)
  const source = join(import.meta.dirname, '../../docs/examples', `${name}.c`)
  execFileSync('gcc', ['-O2', '-o', binary, source, ...libraries])
  const script = 'TIMEFORMAT="%U %S"; time for i in $(seq $0); do "$@" >/dev/null || exit 1; done'
  const { code, text } = await startTool('bash', ['-c', script, String(TIMES), binary, ...args])
  const [user, system] = text.trim().split(/\s+/).map(Number)
  if (code !== 0 || user === undefined || system === undefined) throw new Error(text)
  return ((user + system) * 1_000) / TIMES
}

function timeSignatures(): { name: string; micros: number }[] {
  const digest = new Uint8Array(32).fill(7)
  const key = Buffer.from(owner.key.slice(2), 'hex')
  const time = (work: () => unknown): number => {
    for (let i = 0; i < 200; i++) work()
    const before = process.cpuUsage()
    for (let i = 0; i < 1_000; i++) work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  return [
    { name: 'signing a Login, secp256k1 in C', micros: time(() => secp256k1.ecdsaSign(digest, key)) },
    { name: 'signing a Login, ethers (JavaScript)', micros: time(() => signDigest(owner.key, digest)) },
  ]
}

function report(): void {
  const [bare] = costs
  if (bare === undefined) throw new Error('nothing was measured')
  const figures = costs.flatMap(({ name, sent, received, cpuMillis }): Figure[] => [
    {
      name: `${name}: bytes`,
      value: sent + received,
      unit: 'bytes',
      comparedWith: `without a proxy: ${bare.sent + bare.received} bytes`,
    },
    {
      name: `${name}: processor`,
      value: round(cpuMillis),
      unit: 'ms',
      comparedWith: `without a proxy: ${round(bare.cpuMillis)} ms`,
    },
  ])
  for (const { name, cpuMillis } of inC)
    figures.push({ name, value: round(cpuMillis), unit: 'ms', comparedWith: 'MQTT.js, above' })
  for (const { name, micros } of signatures)
    figures.push({ name, value: round(micros / 1_000), unit: 'ms', comparedWith: 'each other' })
  if (process.argv.includes('--json')) for (const figure of figures) console.log(JSON.stringify(figure))
  else console.log(table().join('\n'))
  if (process.argv.includes('--write')) writeTable()
}

function table(): string[] {
  const rows = costs.map(
    ({ name, sent, received, cpuMillis }) => `| ${name} | ${sent} | ${received} | ${round(cpuMillis)} |`,
  )
  const small = inC.map(({ name, cpuMillis }) => `| \`${name}\` | | | ${round(cpuMillis)} |`)
  const alone = signatures.map(({ name, micros }) => `| ${name} | | | ${round(micros / 1_000)} |`)
  const head = ['| One connection | sent, bytes | received, bytes | processor, ms |', '|---|---|---|---|']
  return [...head, ...rows, ...small, ...alone]
}

function writeTable(): void {
  const text = readFileSync(DOC, 'utf8')
  const written = text.replace(/(<!-- bench devices -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${table().join('\n')}\n\n$2`)
  if (written === text && !text.includes(table()[2] ?? '')) throw new Error(`${DOC} has no place for the table`)
  writeFileSync(DOC, written)
}

function round(value: number): number {
  return Number(value.toPrecision(2))
}
