/**
 * @module Proxies in processes of their own, on the same ports: one core each. One that dies is started again, with its
 * journal, and told of; meanwhile the system gives its connections to the others.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CliError } from '../errors.ts'
import type { UnitOrder } from './unit.ts'
import type { UnitAnswers, UnitQuestion, UnitQuestions } from './unit-answers.ts'
import type { FromUnit, ToUnit } from './unit-messages.ts'

export interface MoreUnit {
  number: number
  metrics: string
  /** Undefined while it is started again. */
  pid(): number | undefined
  restarts(): number
  /** Rejects what it refuses with, or UNIT_DOWN. */
  ask<Q extends UnitQuestion>(question: Q, ...given: Parameters<UnitAnswers[Q]>): Promise<UnitQuestions[Q][1]>
  stop(): Promise<void>
}

export interface MoreUnitOptions {
  homeDir: string
  order: UnitOrder
  /** What of the embedded chain is on disk; undefined elsewhere. */
  dumpedThrough: (() => number) | undefined
  onLost: (what: string) => void
}

const SCRIPT = fileURLToPath(new URL('./unit-process.ts', import.meta.url))
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** One that served so long did not die of its start. */
const WELL_AFTER_MS = 60_000
const DUMPS_LOOKED_AT_MS = 100
/** Draining, and what is decided on its way to the chain. */
const STOP_MS = 20_000

/** Rejects UNIT_FAILED with the process's words: nothing is tried again at the first start. */
export async function startMoreUnit(options: MoreUnitOptions): Promise<MoreUnit> {
  const unit = new UnitKeeper(options)
  await unit.start()
  return unit
}

class UnitKeeper implements MoreUnit {
  readonly #options: MoreUnitOptions
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #stopped = false
  #restarts = 0
  #pauseMs = FIRST_PAUSE_MS
  #restarting: NodeJS.Timeout | undefined
  #lastId = 0
  readonly #asked = new Map<number, (answer: FromUnit & { kind: 'answer' }) => void>()
  metrics = ''

  constructor(options: MoreUnitOptions) {
    this.#options = options
  }

  get number(): number {
    return this.#options.order.number
  }

  pid = (): number | undefined => this.#child?.pid
  restarts = (): number => this.#restarts

  start(): Promise<void> {
    // The argument is for `ps`, and for the lock to know it by.
    const child = fork(SCRIPT, [`flytrap proxy ${this.number}`], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    this.#child = child
    const startedAt = Date.now()
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        child.kill('SIGTERM')
        reject(new CliError('UNIT_FAILED', `Proxy ${this.number} did not start: ${why}`))
      }
      let isReady = false
      child.on('message', (message: FromUnit) => {
        if (message.kind === 'answer') return this.#asked.get(message.id)?.(message)
        if (message.kind === 'failed') return fail(message.error)
        isReady = true
        this.metrics = message.metrics
        resolve()
      })
      child.once('error', (error) => fail(error.message))
      this.#exited = new Promise((ended) => {
        child.once('exit', (code, signal) => {
          this.#child = undefined
          ended()
          if (isReady) this.#lost(`ended by itself with ${signal ?? code}`, Date.now() - startedAt)
          else fail(`it ended with ${signal ?? code}`)
        })
      })
      child.send({ kind: 'start', home: this.#options.homeDir, order: this.#options.order } satisfies ToUnit)
      this.#tellDumps(child)
    })
  }

  ask<Q extends UnitQuestion>(question: Q, ...[given]: Parameters<UnitAnswers[Q]>): Promise<UnitQuestions[Q][1]> {
    const child = this.#child
    if (child === undefined) return Promise.reject(new CliError('UNIT_DOWN', `Proxy ${this.number} is being started.`))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#asked.set(id, (answer) => {
        this.#asked.delete(id)
        if ('error' in answer) reject(new CliError(answer.error.code, answer.error.message))
        else resolve(answer.found as UnitQuestions[Q][1])
      })
      child.send({ kind: 'ask', id, question, given } satisfies ToUnit)
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#restarting)
    const child = this.#child
    child?.kill('SIGTERM')
    const late = setTimeout(() => child?.kill('SIGKILL'), STOP_MS)
    await this.#exited
    clearTimeout(late)
  }

  #lost(how: string, servedMs: number): void {
    const error = { code: 'UNIT_DOWN', message: `Proxy ${this.number} ${how}.` }
    for (const tell of [...this.#asked.values()]) tell({ kind: 'answer', id: 0, error })
    this.#asked.clear()
    if (this.#stopped) return
    this.#options.onLost(`${error.message} It is started again; its connections come back by the others meanwhile.`)
    if (servedMs > WELL_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#startAgain()
  }

  #startAgain(): void {
    this.#restarting = setTimeout(() => {
      this.#restarts++
      this.start().catch((error: Error) => {
        if (this.#stopped) return
        this.#options.onLost(`${error.message} It is tried again.`)
        this.#startAgain()
      })
    }, this.#pauseMs)
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2)
  }

  #tellDumps(child: ChildProcess): void {
    const { dumpedThrough } = this.#options
    if (dumpedThrough === undefined) return
    let told = -1
    const timer = setInterval(() => {
      const block = dumpedThrough()
      if (block === told || !child.connected) return
      told = block
      child.send({ kind: 'dumped', block } satisfies ToUnit)
    }, DUMPS_LOOKED_AT_MS)
    child.once('exit', () => clearInterval(timer))
  }
}
