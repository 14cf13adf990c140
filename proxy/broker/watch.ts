/**
 * @module The proxy's own connection to one broker: while it lives and answers, the broker is up. It logs in as devices'
 * twins do, so it also learns that the login is refused, which versions are spoken, and whether our client ids fit.
 */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { LONGEST_BROKER_CLIENT_ID } from '../identity/client-id.ts'
import { PINGREQ } from '../wire/encode.ts'
import type { ConnectPacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { type Greeting, greetBroker, leaveBroker } from './greet.ts'
import { checkNames, isUnclear, type NameCheck, UNCHECKED } from './name-check.ts'
import { type BrokerTarget, nameOf } from './target.ts'

export interface BrokerStatus {
  name: string
  /** `unknown` only until the first answer: such a broker is tried. */
  state: 'unknown' | 'up' | 'down'
  /** Why it is down, or what about it is not as it should be; null when all is well. */
  trouble: string | null
  /** Unix milliseconds of the last change of state. */
  since: number
  /** MQTT versions that it speaks, as CONNECT numbers them. */
  versions: readonly (4 | 5)[]
  /** What in topic names it does not keep as it is: such names are refused. */
  unclear: readonly string[]
}

export interface WatchPace {
  /** Milliseconds for a login, and for the answer to a ping. */
  answerMs: number
  pingEveryMs: number
  /** The longest pause between two attempts at a broker that is down. */
  retryMs: number
}

export const WATCH_PACE: WatchPace = { answerMs: 5_000, pingEveryMs: 5_000, retryMs: 2_000 }
const FIRST_RETRY_MS = 100
/** Milliseconds for the answer to a name. */
const NAMES_MS = 2_000
const BOTH: readonly (4 | 5)[] = [4, 5]

export class BrokerWatch {
  readonly target: BrokerTarget
  readonly name: string
  /** Pending while the broker, which has greeted us, is asked for names for the first time. */
  firstNames: Promise<void> | undefined
  readonly #pace: WatchPace
  readonly #log: Logger
  #state: BrokerStatus['state'] = 'unknown'
  #trouble: string | null = null
  #since = Date.now()
  #versions = BOTH
  #names: NameCheck = UNCHECKED
  #failures = 0
  #isStopped = false
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(target: BrokerTarget, { pace, log }: { pace: WatchPace; log: Logger }) {
    this.target = target
    this.name = nameOf(target)
    this.#pace = pace
    this.#log = log.child({ broker: this.name })
  }

  get status(): BrokerStatus {
    return {
      name: this.name,
      state: this.#state,
      trouble: this.#trouble,
      since: this.#since,
      versions: this.#versions,
      unclear: this.#names.unclear,
    }
  }

  isCandidateFor(version: 4 | 5): boolean {
    return this.#state !== 'down' && this.#versions.includes(version)
  }

  /** Whether this broker, while it serves anybody, may take `topic` for another. */
  mayMistake(topic: string): boolean {
    return this.#state !== 'down' && isUnclear(this.#names, topic)
  }

  /** Resolves when the broker has answered, or failed to, for the first time. */
  start(): Promise<void> {
    return this.#attempt()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    if (this.#socket !== undefined) void leaveBroker(this.#socket, this.#version)
  }

  /** A device's login failed there. That alone condemns no broker, or one device could; but it is asked at once. */
  suspect(): void {
    if (this.#state === 'up') this.#ping()
  }

  get #version(): 4 | 5 {
    return this.#versions.includes(5) ? 5 : 4
  }

  async #attempt(): Promise<void> {
    if (this.#isStopped) return
    const { greeting, versions, trouble } = await this.#greet()
    if (greeting.kind !== 'accepted') return this.#failed(wordsFor(greeting))
    if (this.#isStopped) return void leaveBroker(greeting.socket, this.#version)
    this.#versions = versions
    this.#failures = 0
    await this.#checkNamesFirst()
    if (greeting.socket.destroyed) return this.#failed('hangs up on us')
    if (this.#isStopped) return void leaveBroker(greeting.socket, this.#version)
    this.#turn('up', trouble)
    this.#listen(greeting.socket)
  }

  /** As MQTT 5 with the longest client id that a device may cause; less only where the broker refuses that. */
  async #greet(): Promise<{ greeting: Greeting; versions: readonly (4 | 5)[]; trouble: string | null }> {
    let versions = BOTH
    let trouble: string | null = null
    let greeting = await this.#login(5, LONGEST_BROKER_CLIENT_ID)
    if (isAboutVersion(greeting)) {
      versions = [4] // whoever speaks MQTT 5 speaks 3.1.1 too; not the other way round
      greeting = await this.#login(4, LONGEST_BROKER_CLIENT_ID)
    }
    if (greeting.kind === 'refused' && greeting.reasonCode === Reason.CLIENT_IDENTIFIER_NOT_VALID) {
      trouble = `refuses client ids of ${LONGEST_BROKER_CLIENT_ID} bytes: devices need short ones`
      greeting = await this.#login(versions.includes(5) ? 5 : 4, 23) // [MQTT-3.1.3-5]
    }
    return { greeting, versions, trouble }
  }

  /** One that was up before serves by what it was found to keep then. */
  async #checkNamesFirst(): Promise<void> {
    const asked = this.#checkNames()
    if (this.#state === 'unknown') this.firstNames = asked
    await asked
    this.firstNames = undefined
  }

  /** Before it serves: what the broker reads otherwise than it stands there, nobody may write. */
  async #checkNames(): Promise<void> {
    const timeoutMs = Math.min(this.#pace.answerMs, NAMES_MS)
    this.#names = await checkNames({ target: this.target, connect: this.#connectOf(this.#version, 23), timeoutMs })
    const { unclear, isPartial } = this.#names
    if (unclear.length > 0) this.#log.warn({ unclear, isPartial }, 'broker does not keep topic names as they are')
  }

  #login(version: 4 | 5, idBytes: number): Promise<Greeting> {
    return greetBroker(this.target, this.#connectOf(version, idBytes), this.#pace.answerMs)
  }

  #connectOf(version: 4 | 5, idBytes: number): ConnectPacket {
    const { userName, password } = this.target
    return {
      cmd: 'connect',
      version,
      // Its own for each proxy: two with the same id would end each other's.
      clientId: `ftwatch${randomBytes(8).toString('hex')}`.padEnd(idBytes, '0'),
      clean: true,
      keepAlive: Math.max(10, Math.ceil((4 * this.#pace.pingEveryMs) / 1_000)),
      ...(userName === undefined ? {} : { userName }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
      properties: {},
    }
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    socket.on('data', () => this.#pingLater()) // whatever it says, it lives
    socket.on('error', (error) => this.#log.debug({ err: error }, 'watching connection failed'))
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      clearTimeout(this.#timer)
      // Only our connection may have ended: it is down when the next attempt says so.
      this.#attempt()
    })
    socket.resume()
    this.#pingLater()
  }

  #pingLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ping(), this.#pace.pingEveryMs).unref()
  }

  #ping(): void {
    const socket = this.#socket
    if (socket === undefined) return
    clearTimeout(this.#timer)
    socket.write(PINGREQ)
    if (this.#names.isPartial) this.#checkNames()
    this.#timer = setTimeout(() => {
      this.#socket = undefined
      socket.destroy()
      this.#failed('accepts connections and answers nothing')
    }, this.#pace.answerMs).unref()
  }

  #failed(trouble: string): void {
    if (this.#isStopped) return
    this.#turn('down', trouble)
    const pause = Math.min(this.#pace.retryMs, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 20))
    this.#timer = setTimeout(() => this.#attempt(), pause).unref()
  }

  #turn(state: 'up' | 'down', trouble: string | null): void {
    const isNews = state !== this.#state || trouble !== this.#trouble
    if (state !== this.#state) this.#since = Date.now()
    this.#state = state
    this.#trouble = trouble
    if (!isNews) return
    if (trouble === null) this.#log.info({ versions: this.#versions }, 'broker is up')
    else this.#log.warn({ state, trouble }, 'broker is not as it should be')
  }
}

/** Some that know MQTT 3.1.1 alone answer 0x01, some hang up. */
function isAboutVersion(greeting: Greeting): boolean {
  if (greeting.kind === 'refused') return greeting.reasonCode === Reason.UNSUPPORTED_PROTOCOL_VERSION
  return greeting.kind === 'failed' && (greeting.why === 'closed' || greeting.why === 'malformed')
}

function wordsFor(greeting: Exclude<Greeting, { kind: 'accepted' }>): string {
  if (greeting.kind === 'refused') return refusalOf(greeting.reasonCode)
  switch (greeting.why) {
    case 'unreachable':
      return greeting.cause instanceof Error ? greeting.cause.message : 'cannot be reached'
    case 'unwanted':
      return 'was not asked'
    case 'silent':
      return 'accepts connections and answers nothing'
    case 'closed':
      return 'hangs up before it answers'
    case 'malformed':
      return 'answers what is not MQTT'
  }
}

function refusalOf(reasonCode: number): string {
  const isLogin = reasonCode === Reason.NOT_AUTHORIZED || reasonCode === Reason.BAD_USER_NAME_OR_PASSWORD
  if (!isLogin) return `refuses our CONNECT with reason code 0x${reasonCode.toString(16)}`
  return 'refuses our login: check the user name in FLYTRAP_BROKER_URL and FLYTRAP_BROKER_PASSWORD_FILE'
}
