/** @module Where a behaviour is played: before a broker, or before FlyTrap before the same broker. */
import type { Account } from '../support/chain.ts'
import { credentialPassword, type TestProxy } from '../support/mqtt.ts'
import { Client, type ConnectOptions, type Login, type Version } from './client.ts'

/** What was seen, small enough for a table's cell. */
export type Seen = string | number | boolean | undefined | readonly Seen[]

export interface Behaviour {
  /** A sentence, with the standard's tag. */
  name: string
  versions?: readonly Version[]
  /** What the standard demands; undefined where it leaves it open. */
  expected?: (version: Version) => Seen
  /** What else the standard allows. */
  orElse?: readonly Seen[]
  /** What FlyTrap makes of it on purpose, whatever the broker does. */
  throughFlyTrap?: (version: Version) => Seen
  /** It counts what arrives without knowing how much will: it must see the same when all of it comes late. */
  isCount?: true
  play(stage: Stage): Promise<Seen>
}

let lastNumber = 0

/** One playing of one behaviour: names of its own, so that many play at once. */
export class Stage {
  readonly version: Version
  readonly prefix: string
  readonly #login: (clientId: string) => Login
  readonly #clients: Client[] = []
  readonly #mark = ++lastNumber

  constructor(version: Version, login: (clientId: string) => Login) {
    this.version = version
    this.#login = login
    this.prefix = `conf/p${this.#mark}`
  }

  topic(rest: string): string {
    return `${this.prefix}/${rest}`
  }

  /** The same name is the same client id. */
  async connect(name: string, options: ConnectOptions = {}): Promise<Client> {
    const client = await Client.connect(this.version, this.#login(`${name}-${this.#mark}`), options)
    this.#clients.push(client)
    return client
  }

  /** As `connect`, asking for a session that is kept: MQTT 5 needs an expiry for that. */
  keep(name: string, options: ConnectOptions = {}): Promise<Client> {
    const properties = this.version === 5 ? { properties: { sessionExpiryInterval: 60, ...options.properties } } : {}
    return this.connect(name, { clean: false, ...options, ...properties })
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.vanish()
  }
}

export const directly =
  ({ port, userName = '', password = '' }: { port: number; userName?: string; password?: string }) =>
  (clientId: string): Login => ({ port, clientId, username: userName, password })

export const throughFlyTrap =
  (it: Pick<TestProxy, 'deployment' | 'proxy'>, account: Account) =>
  (clientId: string): Login => ({
    port: it.proxy.port,
    clientId,
    username: account.address,
    password: credentialPassword(it.deployment, { account, clientId }),
  })
