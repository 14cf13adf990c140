/**
 * @module An MQTT client that hides nothing: every packet is kept, nothing reconnects, nothing is checked before it is
 * sent. It reads with mqtt-packet, not with our decoder, so that a mistake of ours cannot hide itself.
 */
import { connect, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'

export interface Login {
  port: number
  clientId: string
  username: string
  password: string
}

export interface ConnectOptions extends Partial<Omit<IConnectPacket, 'cmd' | 'clientId'>> {
  /** False: deliveries wait for `acknowledge`. */
  acknowledges?: boolean
}

export interface Message {
  topic: string
  payload: string
  qos: 0 | 1 | 2
  retain: boolean
  dup: boolean
  id: number | undefined
  properties: mqttPacket.IPublishPacket['properties']
}

export type Version = 4 | 5
type PublishOptions = Partial<Omit<mqttPacket.IPublishPacket, 'cmd' | 'topic' | 'payload'>>

/** How long to wait for what should come. Nothing is judged by it: what did not come is `undefined`. */
const PATIENCE_MS = 5_000

export class Client {
  readonly packets: Packet[] = []
  readonly messages: Message[] = []
  readonly version: Version
  isClosed = false
  #socket: Socket
  #acknowledges: boolean
  #lastId = 0
  #listeners = new Set<() => void>()

  private constructor(socket: Socket, version: Version, acknowledges: boolean) {
    this.#socket = socket
    this.version = version
    this.#acknowledges = acknowledges
    const parser = mqttPacket.parser({ protocolVersion: version })
    parser.on('packet', (packet) => this.#take(packet))
    parser.on('error', () => socket.destroy())
    socket.on('data', (chunk) => parser.parse(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#tell()
    })
  }

  /** Resolves with a client whose CONNACK, if any, is its first packet. */
  static async connect(version: Version, login: Login, options: ConnectOptions = {}): Promise<Client> {
    const { acknowledges = true, ...more } = options
    const socket = connect({ port: login.port, host: '127.0.0.1', noDelay: true })
    const client = new Client(socket, version, acknowledges)
    const { clientId, username, password } = login
    client.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clean: true,
      keepalive: 60,
      clientId,
      username,
      password: Buffer.from(password),
      ...more,
    })
    await client.next('connack')
    return client
  }

  get connack(): mqttPacket.IConnackPacket | undefined {
    return this.packets.find((packet) => packet.cmd === 'connack')
  }

  /** Its CONNACK's code, in the words of its version; undefined when it never came. */
  get code(): number | undefined {
    return this.version === 5 ? this.connack?.reasonCode : this.connack?.returnCode
  }

  send(packet: Packet): void {
    if (!this.isClosed) this.#socket.write(mqttPacket.generate(packet, { protocolVersion: this.version }))
  }

  /** Resolves with the first packet of the kind that answers, or undefined once the connection is closed. */
  async next<C extends Packet['cmd']>(cmd: C, messageId?: number): Promise<Extract<Packet, { cmd: C }> | undefined> {
    const find = () =>
      this.packets.find((p) => p.cmd === cmd && (messageId === undefined || p.messageId === messageId)) as
        | Extract<Packet, { cmd: C }>
        | undefined
    await this.until(() => find() !== undefined)
    return find()
  }

  /** Resolves when `holds`, the connection is closed, or patience is over. */
  async until(holds: () => boolean, ms = PATIENCE_MS): Promise<void> {
    if (holds() || this.isClosed) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds() && !this.isClosed) return
        clearTimeout(timer)
        this.#listeners.delete(look)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#listeners.delete(look)
        resolve()
      }, ms)
      this.#listeners.add(look)
    })
  }

  /** Waits for so many messages, then for a moment longer, and returns the payloads of all that came. */
  async received(count: number): Promise<string[]> {
    await this.until(() => this.messages.length >= count)
    await this.quiet()
    return this.messages.map(({ payload }) => payload)
  }

  /** Waits until nothing came for a moment. */
  async quiet(ms = 150): Promise<void> {
    for (let seen = -1; seen !== this.packets.length; ) {
      seen = this.packets.length
      await new Promise((resolve) => setTimeout(resolve, ms))
    }
  }

  /** Returns the SUBACK's codes, or `closed`. */
  async subscribe(
    filters: string | readonly (Partial<mqttPacket.ISubscription> & { topic: string })[],
    qos: 0 | 1 | 2 = 0,
    properties?: mqttPacket.ISubscribePacket['properties'],
  ): Promise<number[] | 'closed'> {
    const asked = typeof filters === 'string' ? [{ topic: filters }] : filters
    const subscriptions = asked.map((subscription) => ({ qos, ...subscription }))
    const messageId = ++this.#lastId
    this.send({ cmd: 'subscribe', messageId, subscriptions, ...(properties === undefined ? {} : { properties }) })
    const suback = await this.next('suback', messageId)
    return suback === undefined ? 'closed' : (suback.granted as number[])
  }

  /** Returns UNSUBACK's codes; MQTT 3.1.1 has none. */
  async unsubscribe(...unsubscriptions: string[]): Promise<number[] | 'closed'> {
    const messageId = ++this.#lastId
    this.send({ cmd: 'unsubscribe', messageId, unsubscriptions })
    const unsuback = await this.next('unsuback', messageId)
    if (unsuback === undefined) return 'closed'
    return this.version === 5 ? ((unsuback.granted as number[] | undefined) ?? []) : []
  }

  /** Sends a PUBLISH and plays its QoS to the end. Returns the answer's code, or `closed`. */
  async publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): Promise<number | 'closed'> {
    const { qos = 0 } = options
    const messageId = qos === 0 ? {} : { messageId: ++this.#lastId }
    this.send({ cmd: 'publish', topic, payload, dup: false, retain: false, ...options, qos, ...messageId })
    if (qos === 0) return this.ping()
    const answer = await this.next(qos === 1 ? 'puback' : 'pubrec', this.#lastId)
    if (answer === undefined) return 'closed'
    if (qos === 1 || (answer.reasonCode ?? 0) >= 0x80) return answer.reasonCode ?? 0
    const id = this.#lastId
    this.send({ cmd: 'pubrel', messageId: id })
    return (await this.next('pubcomp', id)) === undefined ? 'closed' : (answer.reasonCode ?? 0)
  }

  /** Returns 0 when it was answered. */
  async ping(): Promise<0 | 'closed'> {
    const before = this.#pongs()
    this.send({ cmd: 'pingreq' })
    await this.until(() => this.#pongs() > before)
    return this.#pongs() > before ? 0 : 'closed'
  }

  /** Acknowledges what was held back, and all that comes. */
  acknowledgeAll(): void {
    this.#acknowledges = true
    for (const { qos, id } of this.messages) this.#acknowledge(qos, id)
  }

  /** Leaves as MQTT says, so that no Will fires. */
  async end(more: Partial<mqttPacket.IDisconnectPacket> = {}): Promise<void> {
    this.send({ cmd: 'disconnect', ...more })
    this.#socket.end()
    await this.until(() => this.isClosed)
    this.#socket.destroy()
  }

  /** Vanishes, as a device without power does. */
  vanish(): void {
    this.#socket.destroy()
  }

  #pongs(): number {
    return this.packets.filter(({ cmd }) => cmd === 'pingresp').length
  }

  #take(packet: Packet): void {
    this.packets.push(packet)
    if (packet.cmd === 'publish') {
      const { topic, payload, qos, retain, dup, messageId: id, properties } = packet
      this.messages.push({ topic, payload: payload.toString(), qos, retain, dup, id, properties })
      if (this.#acknowledges) this.#acknowledge(qos, id)
    }
    if (packet.cmd === 'pubrel') this.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
    this.#tell()
  }

  #acknowledge(qos: 0 | 1 | 2, id: number | undefined): void {
    if (qos === 0 || id === undefined) return
    this.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId: id })
  }

  #tell(): void {
    for (const look of [...this.#listeners]) look()
  }
}
