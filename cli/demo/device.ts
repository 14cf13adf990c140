/** @module The story's devices: ordinary MQTT.js clients, one proving itself by signature, others by credential. */
import { randomBytes } from 'node:crypto'
import { Signature, SigningKey } from 'ethers'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Hex, toHex } from '../../domain/bytes.ts'
import { encodeChallengeAnswer, encodeCredential, parseChallenge } from '../../domain/login-bytes.ts'
import {
  AUTHENTICATION_METHOD,
  type Credential,
  credentialDigest,
  type Deployment,
  loginDigest,
} from '../../domain/typed-data.ts'
import type { NamedKey } from '../home/keys.ts'

export const signDigest = (key: Hex, digest: Uint8Array): Hex =>
  Signature.from(new SigningKey(key).sign(digest)).serialized as Hex

/** For slow clocks: a credential counts a little before it was made. */
const BACKDATED = 300

export interface CredentialOrder {
  deployment: Deployment
  /** The owner wallet that the credential speaks for. */
  wallet: Hex
  signer: Hex
  clientId: string
  /** Seconds. */
  lifetime: number
}

/** Returns a credential with its password, signed now. */
export function makeCredential({ deployment, wallet, signer, clientId, lifetime }: CredentialOrder) {
  const now = Math.floor(Date.now() / 1_000)
  const id = toHex(randomBytes(16))
  const credential: Credential = { wallet, clientId, notBefore: now - BACKDATED, expiresAt: now + lifetime, id }
  const password = encodeCredential(credential, signDigest(signer, credentialDigest(deployment, credential)))
  return { credential, password }
}

export interface DeviceOrder {
  url: string
  deployment: Deployment
  key: NamedKey
  clientId: string
}

const OPTIONS: IClientOptions = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 15_000 }

/** Connects with a credential, as a device that cannot sign does. */
export function connectWithCredential({ url, deployment, key, clientId }: DeviceOrder): Promise<MqttClient> {
  const order = { deployment, wallet: key.address, signer: key.key, clientId, lifetime: 3_600 }
  const { password } = makeCredential(order)
  return mqtt.connectAsync(url, { ...OPTIONS, clientId, username: key.address, password }, false)
}

/** Connects by signing the proxy's challenge (MQTT 5 enhanced authentication). */
export async function connectBySigning({ url, deployment, key, clientId }: DeviceOrder): Promise<MqttClient> {
  const audience = new URL(url).hostname
  const properties = { authenticationMethod: AUTHENTICATION_METHOD }
  const client = mqtt.connect(url, { ...OPTIONS, clientId, username: key.address, properties })
  client.handleAuth = (packet, done) => {
    const challenge = parseChallenge(packet.properties?.authenticationData ?? new Uint8Array())
    if (challenge === undefined) return done(new Error('the proxy sent no challenge'))
    const digest = loginDigest(deployment, { wallet: key.address, clientId, audience, ...challenge })
    const authenticationData = Buffer.from(encodeChallengeAnswer(signDigest(key.key, digest), audience))
    done(undefined, { cmd: 'auth', reasonCode: 0x18, properties: { ...properties, authenticationData } })
  }
  await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject))
  return client
}
