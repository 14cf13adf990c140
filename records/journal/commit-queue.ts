/**
 * @module What waits for the disk: all that was decided while one transaction ran shares the next. What a packet waits for
 * goes first; what nobody waits for rides along, a little at a time.
 */
import type { Logger } from 'pino'
import { passCrashPoint } from '../crash-points.ts'
import type { RecordsErrorCode } from '../port.ts'
import type { JournalThread } from './journal-thread.ts'
import { isEnd, type Operation, untoldSince } from './operation.ts'

interface Waiting {
  /** In the order of decision. */
  number: number
  operation: Operation
  done: (seq: number) => void
  fail: (error: Error) => void
}

export interface CommitQueueOptions {
  thread: JournalThread
  log: Logger
}

const RETRY_MS = 1_000
/** A commit for what nobody waits for would delay the next one that somebody waits for: rather that one takes it along. */
const LATER_MS = 10
/** Full: the next group need not wait until this one is on disk, so that both threads have work. */
const FULL = 128
const FLIGHTS = 2
/** How much of what nobody waits for a commit takes along, and how much one takes that has nothing else. */
const BESIDE = 16
const ALONE = 64
/** When more of it waits, each commit takes a share: it must not pile up under steady load, nor make one commit long. */
const SHARE = 8
const MOST = 256

export class CommitQueue {
  readonly #options: CommitQueueOptions
  #urgent: Waiting[] = []
  #background: Waiting[] = []
  /** In the worker, in order. */
  readonly #flights = new Map<readonly Waiting[], Promise<void>>()
  /** Operations in the background that nothing may overtake. */
  #barriers = 0
  #lastNumber = 0
  #isScheduled = false
  #isPaused = false
  #soon: NodeJS.Timeout | undefined
  #trouble: RecordsErrorCode | undefined

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Why no new access may happen, as the last commit told. */
  get trouble(): RecordsErrorCode | undefined {
    return this.#trouble
  }

  /** Resolves with the sequence of what closed once it is on disk. Rejects RecordsError: it never will be. */
  commit(operation: Operation): Promise<number> {
    return new Promise((done, fail) => {
      const list = this.#barriers > 0 ? this.#background : this.#urgent
      list.push({ number: ++this.#lastNumber, operation, done, fail })
      this.#schedule()
    })
  }

  /** The same, after all that was decided before, and before all that is decided later. */
  commitInOrder(operation: Operation): Promise<number> {
    this.#barriers++ // what is urgent already goes before it still
    const committed = new Promise<number>((done, fail) => {
      this.#background.push({ number: ++this.#lastNumber, operation, done, fail })
      this.#schedule()
    })
    const passed = (): void => void this.#barriers--
    committed.then(passed, passed)
    return committed
  }

  /** For what no packet waits on; whoever does all the same may. A failure shows in `trouble`: the next access is refused. */
  later(operation: Operation): Promise<void> {
    const committed = new Promise<number>((done, fail) => {
      this.#background.push({ number: ++this.#lastNumber, operation, done, fail })
      this.#soon ??= setTimeout(() => this.#schedule(), LATER_MS)
    }).then(() => {})
    committed.catch(() => {})
    return committed
  }

  /** While nothing may be accessed nothing else writes: an empty commit finds out that the disk is well again. */
  probe(): void {
    if (this.#flights.size === 0 && !this.#isPaused) this.#send([])
  }

  /** Resolves when all that was decided so far is on disk, whatever comes meanwhile. */
  async settled(): Promise<void> {
    const last = this.#lastNumber
    while (this.#lists().some((list) => list.some(({ number }) => number <= last))) {
      this.#schedule()
      await Promise.all([...this.#flights.values(), new Promise((resolve) => setImmediate(resolve))])
      if (this.#isPaused) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  /** Unix milliseconds of the oldest access that was decided and that nothing on disk tells of. */
  untoldSinceMs(): number | undefined {
    let oldest: number | undefined
    for (const list of this.#lists()) {
      for (const { operation } of list) {
        const at = untoldSince(operation)
        if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at
      }
    }
    return oldest
  }

  #lists(): (readonly Waiting[])[] {
    return [this.#urgent, this.#background, ...this.#flights.keys()]
  }

  /** All of this turn's decisions share the commit. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#sendDue()
    })
  }

  #sendDue(): void {
    while (!this.#isPaused && this.#isDue()) this.#send(this.#nextGroup())
  }

  #isDue(): boolean {
    const { size } = this.#flights
    if (size === 0) return this.#urgent.length + this.#background.length > 0
    return size < FLIGHTS && this.#urgent.length >= FULL && this.#barriers === 0
  }

  #nextGroup(): Waiting[] {
    clearTimeout(this.#soon)
    this.#soon = undefined
    const urgent = this.#urgent.splice(0, FULL)
    const usual = urgent.length > 0 ? BESIDE : ALONE
    const most = Math.min(MOST, Math.max(usual, Math.ceil(this.#background.length / SHARE)))
    // Nothing goes before what is urgent and was decided earlier: a window must not close on disk before it opens there.
    const before = this.#urgent[0]?.number ?? Number.POSITIVE_INFINITY
    const end = this.#background.slice(0, most).findIndex(({ number }) => number > before)
    return [...urgent, ...this.#background.splice(0, end === -1 ? most : end)]
  }

  #send(group: readonly Waiting[]): void {
    const flight = this.#commitGroup(group).then(() => this.#sendDue())
    this.#flights.set(group, flight)
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const operations = group.map(({ operation }) => operation)
      passCrashPoint('committing')
      const sequences = await this.#options.thread.call({ kind: 'commit', operations })
      passCrashPoint('committed')
      this.#flights.delete(group)
      for (const [i, { done }] of group.entries()) done(sequences[i] ?? 0)
      this.#trouble = undefined
    } catch (error) {
      this.#flights.delete(group)
      this.#options.log.error({ err: error }, 'journal could not be written: no access until it can')
      this.#trouble = 'JOURNAL_WRITE_FAILED'
      for (const { fail } of group) fail(error as Error)
      // What closed in memory is still open on disk: it must be written before anything else counts.
      this.#background.unshift(...group.filter(({ operation }) => isEnd(operation)))
      this.#dropUnopened(group, error as Error)
      this.#pause()
    }
  }

  /** Of a window whose opening failed no access happened: what waits of it would open it anew, or record it. */
  #dropUnopened(group: readonly Waiting[], error: Error): void {
    const unopened = new Set(group.flatMap(({ operation: it }) => (it.kind === 'open' ? it.window : [])))
    if (unopened.size === 0) return
    const isDropped = ({ operation }: Waiting): boolean => 'window' in operation && unopened.has(operation.window)
    for (const { fail } of this.#background.filter(isDropped)) fail(error)
    this.#background = this.#background.filter((waiting) => !isDropped(waiting))
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    setTimeout(() => {
      this.#isPaused = false
      this.#sendDue()
    }, RETRY_MS)
  }
}
