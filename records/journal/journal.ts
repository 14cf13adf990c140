/**
 * @module The journal as the proxy sees it: one shared commit for all that was decided while the last one ran. Windows
 * count in memory between checkpoints; only their openings and closings wait for the disk.
 */
import type { Logger } from 'pino'
import {
  type Access,
  type AccessJournal,
  type AccessWindow,
  type AnnouncedAccess,
  type Capture,
  type ChooseCapture,
  RecordsError,
  type RecordsErrorCode,
  type Use,
} from '../port.ts'
import type { EntryState } from './entry.ts'
import type { Operation } from './journal-file.ts'
import type { JournalThread } from './journal-thread.ts'
import { OpenWindow, othersOf, windowKey } from './window.ts'

export interface JournalOptions {
  thread: JournalThread
  /** Recorded time begins here: Unix milliseconds. */
  notBeforeMs: number
  capture: ChooseCapture
  /** Called when records should go to the chain at once. */
  hurry: () => void
  clock: () => number
  log: Logger
}

const CHECKPOINT_MS = 1_000
const MAX_UNPROVED_WINDOWS = 256

interface Opening {
  access: Access
  capture: Capture
  use: Use
}

/** Operations that must not be lost when a commit fails. */
const ENDS: readonly Operation['kind'][] = ['close', 'settle', 'drop']

interface Waiting {
  operation: Operation
  done: (seq: number) => void
  fail: (error: Error) => void
}

export class Journal implements AccessJournal {
  readonly #options: JournalOptions
  readonly #windows = new Map<string, OpenWindow>()
  readonly #checkpointTimer: NodeJS.Timeout
  /** Common ticks, one timer a window length: windows that began at different times close together, and share a batch. */
  readonly #ticks = new Map<number, NodeJS.Timeout>()
  #capture: ChooseCapture
  #isSealed: (access: Access, name: string) => boolean = () => false
  #waiting: Waiting[] = []
  #committing: Promise<void> | undefined
  #lastWindow = 0
  #lastAnnounced = 0
  #lastMs: number
  #turnMs = 0
  #unavailable: RecordsErrorCode | undefined
  /** Set by the recorder: why nothing may happen although the disk is well. */
  blockedBy: RecordsErrorCode | undefined
  /** The disk has less free than the rules want. */
  isDiskLow = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#lastMs = options.notBeforeMs
    this.#capture = options.capture
    this.#checkpointTimer = setInterval(() => this.#checkpoint(), CHECKPOINT_MS)
  }

  unavailable(): RecordsErrorCode | undefined {
    return this.#unavailable ?? (this.isDiskLow ? 'JOURNAL_FULL' : this.blockedBy)
  }

  async record(access: Access): Promise<{ seq: number }> {
    const blocked = this.unavailable()
    if (blocked !== undefined) throw new RecordsError(blocked, `nothing may be accessed: ${blocked}`)
    return { seq: await this.#commit({ kind: 'record', entry: this.#single(access) }) }
  }

  /** Puts other rules in force. What was opened under the old ones closes under them: each record names its own. */
  async setPolicy(access: Access, capture: ChooseCapture): Promise<{ seq: number }> {
    this.#closeWhere(() => true)
    const before = this.#capture
    this.#capture = capture
    for (const tick of this.#ticks.values()) clearInterval(tick)
    this.#ticks.clear()
    try {
      return { seq: await this.#commit({ kind: 'record', entry: this.#single(access), isPolicy: true }) }
    } catch (error) {
      this.#capture = before
      throw error
    }
  }

  window(access: Access, use: Use): AccessWindow {
    const capture = this.#captureOf(access, use.name)
    const key = windowKey(access, capture)
    const open = this.#windows.get(key)
    if (open?.add(use) === true) return open
    const blocked = this.unavailable()
    if (blocked !== undefined) return refusedWindow(access, blocked)
    if (open !== undefined) this.#close(key, open)
    const isStranger = access.network !== undefined && access.network !== 'others'
    if (isStranger && this.#unproved() >= MAX_UNPROVED_WINDOWS) return this.window(othersOf(access), use)
    return capture.windowMs === 0
      ? this.#openAlone({ access, capture, use })
      : this.#open(key, { access, capture, use })
  }

  sealWhere(isSealed: (access: Access, name: string) => boolean): void {
    this.#isSealed = isSealed
  }

  closeAll(): void {
    this.#closeWhere(() => true)
  }

  hurry(): void {
    this.#options.hurry()
  }

  async announce(access: Access, use: Use): Promise<AnnouncedAccess> {
    const blocked = this.unavailable()
    if (blocked !== undefined) throw new RecordsError(blocked, `nothing may be accessed: ${blocked}`)
    const id = ++this.#lastAnnounced
    await this.#commit({ kind: 'announce', id, entry: this.#announced(access, use, 0) })
    let isSettled = false
    return {
      settle: (how, evidence = {}) => {
        if (isSettled) return
        isSettled = true
        if (how === 'dropped') return this.#later({ kind: 'drop', id })
        const known = { ...access, evidence: { ...access.evidence, ...evidence } }
        const entry = this.#announced(known, use, how === 'happened' ? 1 : 0)
        this.#later({ kind: 'settle', id, entry: { ...entry, countIsLowerBound: how === 'unknown' } })
      },
    }
  }

  closeConnection(connectionId: number): void {
    this.#closeWhere((window) => window.access.connectionId === connectionId)
  }

  /** Closes every window. Resolves when all that was decided so far is on disk. */
  async closeWindows(): Promise<void> {
    this.#closeWhere(() => true)
    await this.settled()
  }

  /** Resolves when nothing waits for the disk. */
  async settled(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing
  }

  /** Unix milliseconds, never before the last recorded: recorded time does not go back when the clock does. */
  readonly now = (): number => {
    this.#lastMs = Math.max(this.#lastMs, this.#options.clock())
    return this.#lastMs
  }

  /** The same for all that is counted in one go: thousands of uses need no thousand looks at the clock. */
  readonly #turnNow = (): number => {
    if (this.#turnMs !== 0) return this.#turnMs
    queueMicrotask(() => {
      this.#turnMs = 0
    })
    this.#turnMs = this.now()
    return this.#turnMs
  }

  async stop(): Promise<void> {
    clearInterval(this.#checkpointTimer)
    for (const tick of this.#ticks.values()) clearInterval(tick)
    await this.closeWindows()
    this.#unavailable ??= 'JOURNAL_CLOSED'
  }

  #captureOf(access: Access, name: string): Capture {
    const capture = this.#capture(access, name)
    return capture.isSealed || !this.#isSealed(access, name) ? capture : { ...capture, isSealed: true }
  }

  #single(given: Access): EntryState {
    const { connectionId: _connection, network: _network, evidence, ...access } = given
    const now = this.now()
    const { isSealed } = this.#captureOf(given, evidence.names?.[0]?.name ?? '')
    return { access, evidence, firstMs: now, lastMs: now, count: 1, ...(isSealed ? { isSealed } : {}) }
  }

  /** As of now: an announcement says nothing of when it will happen. */
  #announced(access: Access, { name, bytes, qos }: Use, count: 0 | 1): EntryState {
    const counts: [number, number, number] = [0, 0, 0]
    counts[qos] = count
    const evidence = { ...access.evidence, names: [{ name, count }], bytes: bytes * count, qos: counts }
    return { ...this.#single({ ...access, evidence }), count }
  }

  #open(key: string, opening: Opening): OpenWindow {
    const window = this.#begin(opening)
    this.#windows.set(key, window)
    this.#tick(opening.capture.windowMs)
    this.#commit({ kind: 'open', window: window.id, entry: window.state() }).then(
      () => window.opened(),
      (error: Error) => {
        window.failed(error)
        if (this.#windows.get(key) === window) this.#windows.delete(key)
      },
    )
    return window
  }

  /** A record of its own: what the window would be is closed as it opens, in one operation. */
  #openAlone(opening: Opening): OpenWindow {
    const window = this.#begin(opening)
    window.isClosed = true
    this.#commit({ kind: 'record', entry: window.state() }).then(
      () => window.opened(),
      (error: Error) => window.failed(error),
    )
    return window
  }

  #begin({ access, capture, use }: Opening): OpenWindow {
    const window = new OpenWindow(++this.#lastWindow, access, { capture, now: this.#turnNow })
    window.add(use)
    window.isDirty = false
    return window
  }

  #tick(windowMs: number): void {
    if (this.#ticks.has(windowMs)) return
    const close = (): void => this.#closeWhere(({ capture }) => capture.windowMs === windowMs)
    this.#ticks.set(windowMs, setInterval(close, windowMs))
  }

  #closeWhere(isDue: (window: OpenWindow) => boolean): void {
    for (const [key, window] of this.#windows) if (isDue(window)) this.#close(key, window)
  }

  #close(key: string, window: OpenWindow): void {
    window.isClosed = true
    this.#windows.delete(key)
    this.#later({ kind: 'close', window: window.id, entry: window.state() })
  }

  #checkpoint(): void {
    // While nothing may be accessed nothing else writes: an empty commit finds out that the disk is well again.
    if (this.#unavailable === 'JOURNAL_WRITE_FAILED') this.#committing ??= this.#commitGroup([]).then(() => this.#run())
    for (const window of this.#windows.values()) {
      if (!window.isDirty) continue
      window.isDirty = false
      this.#later({ kind: 'checkpoint', window: window.id, entry: window.state() })
    }
  }

  #unproved(): number {
    let count = 0
    for (const { access } of this.#windows.values()) if (access.network !== undefined) count++
    return count
  }

  /** For what no packet waits on. A failure shows in `unavailable()`: the next access is refused. */
  #later(operation: Operation): void {
    this.#commit(operation).catch(() => {})
  }

  #commit(operation: Operation): Promise<number> {
    return new Promise((done, fail) => {
      this.#waiting.push({ operation, done, fail })
      this.#committing ??= this.#run()
    })
  }

  /** One transaction at a time; what comes meanwhile shares the next. */
  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)) // all of this turn's decisions share the commit
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#commitGroup(group)
    }
    this.#committing = undefined
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    try {
      const operations = group.map(({ operation }) => operation)
      const sequences = await this.#options.thread.call({ kind: 'commit', operations })
      for (const [i, { done }] of group.entries()) done(sequences[i] ?? 0)
      this.#unavailable = undefined
    } catch (error) {
      this.#options.log.error({ err: error }, 'journal could not be written: no access until it can')
      this.#unavailable = 'JOURNAL_WRITE_FAILED'
      for (const { fail } of group) fail(error as Error)
      // What closed in memory is still open on disk: it must be written before anything else counts.
      this.#waiting.unshift(...group.filter(({ operation }) => ENDS.includes(operation.kind)))
      if (this.#waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, CHECKPOINT_MS))
    }
  }
}

function refusedWindow(access: Access, code: RecordsErrorCode): AccessWindow {
  const window = new OpenWindow(0, access, { capture: { windowMs: 0, isSealed: false }, now: () => 0 })
  window.failed(new RecordsError(code, `nothing may be accessed: ${code}`))
  return window
}
