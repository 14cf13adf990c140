/** @module A device that sends any bytes and keeps every packet it gets: for what no client library would do. */
import { createConnection, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'
import { encodeChallengeAnswer, parseChallenge } from '../../domain/login-bytes.ts'
import { AUTHENTICATION_METHOD, type Login, loginDigest } from '../../domain/typed-data.ts'
import type { Account } from './chain.ts'
import { credentialPassword, signDigest, type TestProxy } from './mqtt.ts'

export interface RawOptions {
  account: Account
  /** Signs for the account: a device key of it, or a stranger. */
  signer?: Account
  clientId: string
  version?: 4 | 5
  /** Into CONNECT, over what is made of the above. */
  connect?: Partial<IConnectPacket>
}

export class RawDevice {
  readonly socket: Socket
  readonly packets: Packet[] = []
  readonly closed: Promise<void>
  readonly #version: 4 | 5

  constructor(port: number, version: 4 | 5 = 5) {
    this.#version = version
    this.socket = createConnection(port, '127.0.0.1')
    this.socket.on('error', () => {})
    const parser = mqttPacket.parser({ protocolVersion: version })
    parser.on('packet', (packet) => this.packets.push(packet))
    parser.on('error', () => {})
    this.socket.on('data', (chunk) => parser.parse(chunk))
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()))
  }

  send(packet: Packet | Buffer): void {
    const bytes = Buffer.isBuffer(packet) ? packet : mqttPacket.generate(packet, { protocolVersion: this.#version })
    this.socket.write(bytes)
  }

  /** Resolves with the first packet of that kind that was not taken yet; with undefined when the socket closed first. */
  async take<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }> | undefined> {
    let isClosed = false
    void this.closed.then(() => {
      isClosed = true
    })
    for (;;) {
      const at = this.packets.findIndex((packet) => packet.cmd === cmd)
      if (at !== -1) return this.packets.splice(at, 1)[0] as Extract<Packet, { cmd: C }>
      if (isClosed) return undefined
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  /** The code of the CONNACK, or `closed`. */
  async connack(): Promise<number | 'closed'> {
    const packet = await this.take('connack')
    return (this.#version === 5 ? packet?.reasonCode : packet?.returnCode) ?? 'closed'
  }

  /** The code of the DISCONNECT that ended the connection, or `closed` when it ended without one. */
  async disconnect(): Promise<number | 'closed'> {
    const packet = await this.take('disconnect')
    await this.closed
    return packet?.reasonCode ?? 'closed'
  }

  end(): void {
    this.socket.destroy()
  }
}

const BASE = { cmd: 'connect', protocolId: 'MQTT', clean: true, keepalive: 0 } as const

/** Sends a CONNECT with a credential. */
export function connectRaw(
  it: TestProxy,
  { account, signer = account, clientId, version = 5, connect }: RawOptions,
): RawDevice {
  const device = new RawDevice(it.proxy.port, version)
  const password = Buffer.from(credentialPassword(it.deployment, { account, signer, clientId }))
  device.send({ ...BASE, protocolVersion: version, clientId, username: account.address, password, ...connect })
  return device
}

/** Sends a CONNECT that asks for a challenge. */
export function askChallenge(it: TestProxy, { account, clientId, connect }: RawOptions): RawDevice {
  const device = new RawDevice(it.proxy.port)
  const properties = { ...connect?.properties, authenticationMethod: AUTHENTICATION_METHOD }
  device.send({ ...BASE, protocolVersion: 5, clientId, username: account.address, ...connect, properties })
  return device
}

/** Takes the challenge and sends the answer, with whatever is changed in what is signed. Returns the answer's bytes. */
export async function answerChallenge(
  it: TestProxy,
  device: RawDevice,
  { account, signer = account, clientId }: RawOptions,
  changed: Partial<Login> = {},
): Promise<Buffer> {
  const auth = await device.take('auth')
  const challenge = parseChallenge(auth?.properties?.authenticationData ?? new Uint8Array())
  if (challenge === undefined) throw new Error('no challenge')
  const login = { wallet: account.address, clientId, audience: 'localhost', ...challenge, ...changed }
  const signature = signDigest(signer.key, loginDigest(it.deployment, login))
  const answer = Buffer.from(encodeChallengeAnswer(signature, login.audience))
  sendAuth(device, 0x18, answer)
  return answer
}

export function sendAuth(device: RawDevice, reasonCode: number, data?: Buffer, method = AUTHENTICATION_METHOD): void {
  const authenticationData = data === undefined ? {} : { authenticationData: data }
  device.send({
    cmd: 'auth',
    reasonCode,
    properties: { authenticationMethod: method, ...authenticationData },
  } as Packet)
}
