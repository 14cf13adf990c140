/**
 * @module Which of the brokers serves a connection: pinned by rendezvous hash of (wallet, client id) among those that are
 * up, so that a session finds its broker again, on any proxy, and a broker that fails moves only its own devices.
 * Nothing is bridged: what is published at one broker reaches another only where the brokers see to it themselves.
 */
import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import type { BrokerTarget } from './target.ts'
import { type BrokerStatus, BrokerWatch, WATCH_PACE, type WatchPace } from './watch.ts'

export interface BrokerPoolOptions {
  targets: readonly BrokerTarget[]
  pace?: Partial<WatchPace> | undefined
  log: Logger
}

/** A broker that is slow does not keep the proxy from starting: devices wait while it is asked for names. */
const FIRST_LOOK_MS = 500

export class BrokerPool {
  readonly #watches: readonly BrokerWatch[]

  constructor({ targets, pace, log }: BrokerPoolOptions) {
    if (targets.length === 0) throw new RangeError('a proxy needs a broker')
    this.#watches = targets.map((target) => new BrokerWatch(target, { pace: { ...WATCH_PACE, ...pace }, log }))
  }

  /** Resolves when every broker has been asked once, or took its time. */
  async start(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, FIRST_LOOK_MS)
    })
    await Promise.race([enough, Promise.all(this.#watches.map((watch) => watch.start()))])
    clearTimeout(timer)
  }

  /** Pending while a broker that greets us is asked for names for the first time: which it keeps, nobody knows yet. */
  get firstLook(): Promise<unknown> | undefined {
    const asked = this.#watches.flatMap(({ firstNames }) => firstNames ?? [])
    return asked.length === 0 ? undefined : Promise.allSettled(asked)
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop()
  }

  /** False when no broker of the list speaks it: FlyTrap does not translate. */
  speaks(version: 4 | 5): boolean {
    return this.#watches.some(({ status }) => status.versions.includes(version))
  }

  /** True where a broker of the list may take `topic` for another: refused at all, since a device may be moved. */
  mayMistake(topic: string): boolean {
    return this.#watches.some((watch) => watch.mayMistake(topic))
  }

  /** Returns the brokers that may serve this client id, as toward a broker; the first is its own, the others stand in. */
  candidates(version: 4 | 5, brokerClientId: string): BrokerWatch[] {
    const able = this.#watches.filter((watch) => watch.isCandidateFor(version))
    if (able.length < 2) return able
    const scored = able.map((watch) => ({ watch, score: scoreOf(watch.name, brokerClientId) }))
    return scored.sort((a, b) => (a.score < b.score ? 1 : -1)).map(({ watch }) => watch)
  }

  status(): BrokerStatus[] {
    return this.#watches.map(({ status }) => status)
  }
}

/** Highest random weight. The client id comes last and may hold anything: a name never holds a newline. */
const scoreOf = (name: string, brokerClientId: string): string => hash('sha256', `${name}\n${brokerClientId}`, 'hex')
