/** @module A broker that says what a test tells it to, and keeps every byte that it reads: for what real ones rarely do. */
import { createServer, type Server, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'
import type { BrokerTarget } from '../../proxy/broker/target.ts'

export class ScriptedSession {
  readonly socket: Socket
  readonly packets: Packet[] = []
  /** All that came behind CONNECT. */
  readonly chunks: Buffer[] = []
  readonly connect: IConnectPacket
  /** False: acknowledges nothing until the test does. */
  answers = true
  readonly closed: Promise<void>

  constructor(socket: Socket, connect: IConnectPacket) {
    this.socket = socket
    this.connect = connect
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  send(packet: Packet | Buffer): void {
    const options = { protocolVersion: this.connect.protocolVersion ?? 4 }
    this.socket.write(Buffer.isBuffer(packet) ? packet : mqttPacket.generate(packet, options))
  }

  /** Resolves with the first packet of that kind that was not taken yet. */
  async take<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    for (;;) {
      const at = this.packets.findIndex((packet) => packet.cmd === cmd)
      if (at !== -1) return this.packets.splice(at, 1)[0] as Extract<Packet, { cmd: C }>
      if (this.socket.destroyed) throw new Error(`closed before ${cmd}`)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  count(cmd: Packet['cmd']): number {
    return this.packets.filter((packet) => packet.cmd === cmd).length
  }

  hear(packet: Packet): void {
    this.packets.push(packet)
    if (!this.answers) return
    if (packet.cmd === 'pingreq') this.send({ cmd: 'pingresp' })
    if (packet.cmd === 'subscribe') {
      const granted = packet.subscriptions.map(({ qos }) => qos)
      this.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted })
    }
    if (packet.cmd === 'publish' && packet.qos === 1) this.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    if (packet.cmd === 'publish' && packet.qos === 2) this.send({ cmd: 'pubrec', messageId: packet.messageId ?? 0 })
    // The proxy asks which names come back as they were sent: all of them.
    if (packet.cmd === 'publish' && packet.topic.startsWith('ftcheck/')) this.send({ ...packet, dup: false })
    if (packet.cmd === 'pubrel') this.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
  }
}

export interface ScriptedBroker {
  target: BrokerTarget
  /** All that were dialled, in order; nothing need have been said on them. */
  dialled: Socket[]
  /** What its CONNACK says to MQTT 5. */
  properties: NonNullable<Extract<Packet, { cmd: 'connack' }>['properties']>
  /** What its CONNACK says of the session. */
  sessionPresent: boolean
  /** False for a CONNECT that it reads and does not answer. */
  greets: (connect: IConnectPacket) => boolean
  /** Resolves with the twin of the device that has this client id. */
  session(clientId: string): Promise<ScriptedSession>
  stop(): Promise<void>
}

export async function startScriptedBroker(): Promise<ScriptedBroker> {
  const sessions: ScriptedSession[] = []
  const dialled: Socket[] = []
  const server: Server = createServer((socket) => {
    const parser = mqttPacket.parser({ protocolVersion: 5 })
    let session: ScriptedSession | undefined
    dialled.push(socket)
    parser.on('error', () => socket.destroy())
    parser.on('packet', (packet) => {
      if (packet.cmd !== 'connect') return session?.hear(packet)
      session = new ScriptedSession(socket, packet)
      sessions.push(session)
      if (!broker.greets(packet)) return
      const properties = packet.protocolVersion === 5 ? { reasonCode: 0, properties: broker.properties } : {}
      session.send({ cmd: 'connack', sessionPresent: broker.sessionPresent, returnCode: 0, ...properties })
    })
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      session?.chunks.push(Buffer.from(chunk))
      parser.parse(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const broker: ScriptedBroker = {
    target: { host: '127.0.0.1', port, tls: false },
    dialled,
    properties: {},
    sessionPresent: false,
    greets: () => true,
    async session(clientId) {
      for (;;) {
        const found = sessions.findLast(({ connect }) => connect.clientId.endsWith(`.${clientId}`))
        if (found !== undefined) return found
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of dialled) socket.destroy()
      }),
  }
  return broker
}
