/** @module One device as a process of its own, so that its processor time is its own: connects, publishes once at QoS 1, ends; many times. */
import { readFileSync } from 'node:fs'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { encodeChallengeAnswer, parseChallenge } from '../../../domain/login-bytes.ts'
import { AUTHENTICATION_METHOD, type Deployment, loginDigest } from '../../../domain/typed-data.ts'
import { signDigest } from '../../support/mqtt.ts'

export interface ClientOrder {
  url: string
  times: number
  /** Before anything is measured: just-in-time compilers need it. */
  warmUp: number
  topic: string
  clientId: string
  protocolVersion: 4 | 5
  username: string
  /** Absent: it signs, or its certificate speaks. */
  password?: string
  signing?: { key: `0x${string}`; chainId: string; contract: `0x${string}` }
  caFile?: string
  /** Key exchange, where not what OpenSSL would offer. */
  ecdhCurve?: string
  certificate?: { certFile: string; keyFile: string }
  /** Later connections resume the TLS session of the one before. */
  resumes?: boolean
}

export interface ClientFigures {
  /** Microseconds of processor time, user and system, for one connection. */
  cpuMicros: number
}

const order = JSON.parse(process.argv[2] ?? '{}') as ClientOrder
const PAYLOAD = Buffer.alloc(16, 1)
let session: Buffer | undefined

await repeat(order.warmUp)
const before = process.cpuUsage()
await repeat(order.times)
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ cpuMicros: (user + system) / order.times } satisfies ClientFigures))

async function repeat(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const client = await connected()
    await client.publishAsync(order.topic, PAYLOAD, { qos: 1 })
    const closed = new Promise((resolve) => client.stream.once('close', resolve))
    await client.endAsync()
    await closed
  }
}

function connected(): Promise<MqttClient> {
  const { url, clientId, protocolVersion, username, password, caFile, certificate, resumes } = order
  const options: IClientOptions = { clientId, protocolVersion, username, reconnectPeriod: 0, keepalive: 60 }
  if (password !== undefined) options.password = password
  if (caFile !== undefined) options.ca = readFileSync(caFile)
  if (order.ecdhCurve !== undefined) Object.assign(options, { ecdhCurve: order.ecdhCurve })
  if (certificate !== undefined) Object.assign(options, pairOf(certificate))
  if (order.signing !== undefined) options.properties = { authenticationMethod: AUTHENTICATION_METHOD }
  const client = mqtt.connect(url, { ...options, ...(resumes ? { session } : {}) } as IClientOptions)
  client.stream.on('session', (ticket: Buffer) => {
    session = ticket
  })
  if (order.signing !== undefined) answerChallenges(client, order.signing)
  return new Promise((resolve, reject) => client.once('connect', () => resolve(client)).once('error', reject))
}

function pairOf({ certFile, keyFile }: { certFile: string; keyFile: string }): IClientOptions {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

function answerChallenges(client: MqttClient, { key, chainId, contract }: NonNullable<ClientOrder['signing']>): void {
  const deployment: Deployment = { chainId: BigInt(chainId), contract }
  const { username: wallet, clientId } = order
  client.handleAuth = (packet, done) => {
    const challenge = parseChallenge(packet.properties?.authenticationData ?? new Uint8Array())
    if (challenge === undefined) return done(new Error('no challenge'))
    const digest = loginDigest(deployment, {
      wallet: wallet as `0x${string}`,
      clientId,
      audience: 'localhost',
      ...challenge,
    })
    const authenticationData = Buffer.from(encodeChallengeAnswer(signDigest(key, digest), 'localhost'))
    const properties = { authenticationMethod: AUTHENTICATION_METHOD, authenticationData }
    done(undefined, { cmd: 'auth', reasonCode: 0x18, properties })
  }
}
