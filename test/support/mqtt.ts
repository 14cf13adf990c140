/** @module A proxy with everything real behind it, for tests: chain, contract, records, broker; and clients before it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Signature, SigningKey } from 'ethers'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Hex, toHex } from '../../domain/bytes.ts'
import { encodeChallengeAnswer, encodeCredential, parseChallenge } from '../../domain/login-bytes.ts'
import { AUTHENTICATION_METHOD, credentialDigest, type Deployment, loginDigest } from '../../domain/typed-data.ts'
import { type BrokerKind, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import type { BrokerTarget } from '../../proxy/broker/target.ts'
import type { ProxyOptions, RunningProxy } from '../../proxy/running-proxy.ts'
import { startProxy } from '../../proxy/start-proxy.ts'
import type { RecordsOptions } from '../../records/open-records.ts'
import type { Records } from '../../records/port.ts'
import { type Account, freePort, silent, startTestChain, type TestChain } from './chain.ts'
import { addTestRecorder, type TestRecorder } from './records.ts'

export interface TestProxy {
  chain: TestChain
  records: Records
  recorder: TestRecorder
  broker: BehindProxy
  proxy: RunningProxy
  options: ProxyOptions
  deployment: Deployment
  stop(): Promise<void>
}

/** A broker that somebody started for the test. */
export interface BehindProxy {
  target: BrokerTarget
  stop(): Promise<void>
}

export async function startTestProxy(
  behind: BrokerKind | BehindProxy,
  more: Partial<ProxyOptions> = {},
  recording: Partial<RecordsOptions> = {},
): Promise<TestProxy> {
  const chain = await startTestChain()
  const recorder = await addTestRecorder(chain)
  const records = await recorder.open(recording)
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-proxy-'))
  const broker =
    typeof behind === 'string'
      ? await startEmbeddedBroker({ dir, port: await freePort(), kind: behind, log: silent })
      : behind
  const deployment = { chainId: chain.chain.chainId, contract: chain.contract.address }
  const options: ProxyOptions = {
    listen: [{ host: '127.0.0.1', port: 0 }],
    broker: broker.target,
    deployment: { ...deployment, deployBlock: chain.contract.deployBlock },
    rpcUrl: chain.chain.url,
    confirmations: 1,
    pollMs: 50,
    viewSnapshotPath: join(dir, 'view.json'),
    audiences: ['localhost'],
    drainMs: 300,
    journal: records.journal,
    log: silent,
    ...more,
  }
  const proxy = await startProxy(options)
  await records.eraseAlso(proxy)
  return {
    chain,
    records,
    recorder,
    broker,
    proxy,
    options,
    deployment,
    async stop() {
      await proxy.stop()
      await broker.stop()
      await records.stop()
      await chain.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface CredentialFacts {
  account: Account
  /** The device key that signs; the wallet itself unless given. */
  signer?: Account
  clientId: string
  /** What `revokeCredential` names. */
  id?: Hex
  /** Unix seconds. */
  notBefore?: number
  expiresAt?: number
}

const now = (): number => Math.floor(Date.now() / 1_000)

/** Returns the password of a credential that `account` signed. */
export function credentialPassword(deployment: Deployment, facts: CredentialFacts): string {
  const { account, signer = account, clientId, notBefore = now() - 300, expiresAt = now() + 3_600 } = facts
  const { id = toHex(crypto.getRandomValues(new Uint8Array(16))) } = facts
  const credential = { wallet: account.address, clientId, notBefore, expiresAt, id }
  return encodeCredential(credential, signDigest(signer.key, credentialDigest(deployment, credential)))
}

export const signDigest = (key: Hex, digest: Uint8Array): Hex =>
  Signature.from(new SigningKey(key).sign(digest)).serialized as Hex

export interface DeviceOptions extends IClientOptions {
  account: Account
  signer?: Account
  clientId: string
}

/** Returns the options of an MQTT.js client that proves itself with a credential. */
export const credentialOptions = (
  it: TestProxy,
  { account, signer, clientId, ...more }: DeviceOptions,
): IClientOptions => ({
  protocolVersion: 5,
  reconnectPeriod: 0,
  ...more,
  clientId,
  username: account.address,
  password: more.password ?? credentialPassword(it.deployment, { account, signer: signer ?? account, clientId }),
})

/** Connects with a credential. Rejects with the CONNACK's code. */
export const connectDevice = (it: TestProxy, device: DeviceOptions): Promise<MqttClient> =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${it.proxy.port}`, credentialOptions(it, device), false)

/** Connects by enhanced authentication, signing what the proxy asks. */
export async function connectBySignature(
  it: TestProxy,
  device: DeviceOptions & { audience?: string },
): Promise<MqttClient> {
  const { account, signer = account, clientId, audience = 'localhost', ...more } = device
  const client = mqtt.connect(`mqtt://127.0.0.1:${it.proxy.port}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    ...more,
    clientId,
    username: account.address,
    properties: { ...more.properties, authenticationMethod: AUTHENTICATION_METHOD },
  })
  client.handleAuth = (packet, done) => {
    const challenge = parseChallenge(packet.properties?.authenticationData ?? new Uint8Array())
    if (challenge === undefined) return done(new Error('no challenge'))
    const login = { wallet: account.address, clientId, audience, ...challenge }
    const signature = signDigest(signer.key, loginDigest(it.deployment, login))
    const authenticationData = Buffer.from(encodeChallengeAnswer(signature, audience))
    const properties = { authenticationMethod: AUTHENTICATION_METHOD, authenticationData }
    done(undefined, { cmd: 'auth', reasonCode: 0x18, properties })
  }
  await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject))
  return client
}

/** Collects what a client receives, as `topic payload`. */
export function inbox(client: MqttClient): string[] {
  const received: string[] = []
  client.on('message', (topic, payload) => received.push(`${topic} ${payload}`))
  return received
}

/** Waits until the proxy's view has seen every block. */
export async function viewCaughtUp(it: TestProxy): Promise<void> {
  const height = Number(await it.chain.chain.rpc.request<string>('eth_blockNumber'))
  while (it.proxy.view().block.number < height) await new Promise((resolve) => setTimeout(resolve, 10))
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
