/**
 * @module What a broker keeps of a session that outlives its connection, and tells nobody: its shared subscriptions, its
 * messages of QoS 2 that await PUBREL; one list of lines a session. It is the broker's own kind of state, no evidence; but
 * it names topics in clear, so erasures reach it as they reach evidence.
 */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Logger } from 'pino'
import type { Address } from '../../domain/bytes.ts'
import type { Scope } from '../../records/store/port.ts'
import { clock } from '../clock.ts'
import { eraseInFile, type KeptRow, openKeptFile, statementsOf } from './file.ts'
import { type KeptScope, reaching, type Telling, unerased } from './lines.ts'
import type { KeptSession, SessionPlace } from './session.ts'

/** Beyond them the session that was changed longest ago is forgotten. */
const MAX_SESSIONS = 16_384
/** Of one session; lines beyond it are not remembered. */
export const MAX_KEPT_BYTES = 16 * 1_024
/** The broker counts from when it notices the end. */
const EXPIRY_SLACK_S = 60

export interface KeptListsOptions extends Telling {
  log: Logger
  maxSessions?: number
  maxBytes?: number
}

export class KeptLists {
  readonly #sqlite: Database.Database
  readonly #options: Required<KeptListsOptions>
  readonly #statements: ReturnType<typeof statementsOf>
  /** Orders about a subject or a topic: what a connection knew before is not written after. */
  #scopes: readonly KeptScope[] = []

  /** Without a path they are known to this process alone. */
  constructor(path: string | undefined, options: KeptListsOptions) {
    this.#options = { maxSessions: MAX_SESSIONS, maxBytes: MAX_KEPT_BYTES, ...options }
    this.#sqlite = openKeptFile(path ?? ':memory:', options.log)
    this.#statements = statementsOf(this.#sqlite)
  }

  of(place: SessionPlace): string[] {
    return this.find(place)?.lines ?? []
  }

  /** Returns what is known of the session, and since when (Unix seconds). */
  find(place: SessionPlace): { lines: string[]; since: number } | undefined {
    return this.#attempt(() => {
      const row = this.#statements.find.get(keyOf(place))
      return row && { lines: JSON.parse(row.lines) as string[], since: row.since }
    })
  }

  /** Returns a number that changes with each `keep`; undefined: nothing is known of the session. */
  editionOf(place: SessionPlace): number | undefined {
    return this.#attempt(() => this.#statements.edition.get(keyOf(place))?.id)
  }

  /** Replaces what was known of the session, as far as no erasure reaches it. */
  keep(session: KeptSession, lines: Iterable<string>): void {
    const about = { account: hashOf(session.account), since: session.since }
    const left = unerased([...lines], reaching(about, this.#scopes), this.#options)
    const known = withinBytes(left, this.#options.maxBytes)
    if (known.length === 0) return this.forget(session)
    this.#attempt(() => {
      const account = this.#isBare(known) ? null : about.account
      this.#statements.put.run(keyOf(session), account, about.since, JSON.stringify(known))
      this.#statements.dropBeyond.run(this.#options.maxSessions)
    })
  }

  /** The session's connection has ended: the broker forgets it in time, and so is it here. */
  leave(session: KeptSession): void {
    if (session.expiry === Number.POSITIVE_INFINITY || this.editionOf(session) === undefined) return
    const until = clock.seconds() + session.expiry + EXPIRY_SLACK_S
    this.#attempt(() => this.#statements.end.run(until, keyOf(session)))
  }

  /** The session has a connection again: nothing ends with time. */
  comeBack(place: SessionPlace): void {
    if (this.editionOf(place) !== undefined) this.#attempt(() => this.#statements.end.run(null, keyOf(place)))
  }

  /** The broker has no such session any more. */
  forget(place: SessionPlace): void {
    // Nearly nobody has one, and looking writes nothing.
    if (this.editionOf(place) !== undefined) this.#attempt(() => this.#statements.drop.run(keyOf(place)))
  }

  /**
   * Forgets what lies in one of the scopes, and what brokers have forgotten by now: no byte is left in the files. Throws
   * the disk's error, or STORE_BUSY: some of it may still be there.
   */
  erase(scopes: readonly Scope[]): void {
    const hashed = scopes.map(({ account, ...scope }) => ({ ...scope, account: account && hashOf(account) }))
    this.#scopes = hashed.filter((scope) => !isOfAll(scope))
    eraseInFile(this.#sqlite, () => {
      this.#statements.dropEnded.run(clock.seconds())
      for (const row of this.#statements.heads.all()) {
        const reached = reaching(row, hashed)
        if (reached.length > 0) this.#eraseIn(row, reached)
      }
    })
  }

  close(): void {
    this.#sqlite.close()
  }

  #eraseIn({ session, account }: Pick<KeptRow, 'session' | 'account'>, reached: readonly KeptScope[]): void {
    const { lines = '[]' } = this.#statements.find.get(session) ?? {}
    const left = unerased(JSON.parse(lines) as string[], reached, this.#options)
    if (left.length === 0 || reached.some(isOfAll)) return void this.#statements.drop.run(session)
    const text = JSON.stringify(left)
    if (text === lines) return // nearly always: orders are carried out anew each hour
    this.#statements.reduce.run(this.#isBare(left) ? null : account, text, session)
  }

  /** Lines that tell nothing which could be erased need not say whose they are. */
  #isBare(lines: readonly string[]): boolean {
    return lines.every((line) => this.#options.kind.namesIn(line).length === 0)
  }

  /** A full disk must end no connection: a group is left late then, a message refused. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what brokers keep of sessions cannot be remembered')
      return undefined
    }
  }
}

const keyOf = ({ broker, clientId }: SessionPlace): string => hash('sha256', `${broker}\n${clientId}`, 'hex')
const hashOf = (account: Address): string => hash('sha256', account, 'hex')

/** Retention: what nobody came back for is of no use to anybody. */
const isOfAll = ({ account, topicIds }: KeptScope): boolean => account === undefined && topicIds === undefined

function withinBytes(lines: readonly string[], maxBytes: number): string[] {
  const known: string[] = []
  let bytes = 0
  for (const line of lines) {
    bytes += Buffer.byteLength(line)
    if (bytes > maxBytes) break
    known.push(line)
  }
  return known
}
