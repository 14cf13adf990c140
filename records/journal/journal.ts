/**
 * @module The journal as the proxy sees it. Windows count in memory between checkpoints; only their openings and closings
 * wait for the disk.
 */
import type { Logger } from 'pino'
import { Outcome } from '../../domain/enums.ts'
import { encodeReceipt } from '../../domain/receipt.ts'
import type {
  Access,
  AccessWindow,
  AnnouncedAccess,
  Capture,
  ChooseCapture,
  RecordsErrorCode,
  StrictJournal,
  Use,
} from '../port.ts'
import { CommitQueue } from './commit-queue.ts'
import { Deciding } from './deciding.ts'
import type { JournalThread } from './journal-thread.ts'
import { OpenWindows } from './open-windows.ts'
import { refusal, refusedWindow } from './refusal.ts'
import { OpenWindow, OTHERS, othersOf, windowKey } from './window.ts'

export interface JournalOptions {
  thread: JournalThread
  /** Recorded time begins here: Unix milliseconds. */
  notBeforeMs: number
  capture: ChooseCapture
  /** Called when records should go to the chain at once. */
  hurry: () => void
  /** How long a record may wait for the chain. */
  maxUnanchoredMs: number
  clock: () => number
  log: Logger
}

const CHECKPOINT_MS = 1_000
const MAX_UNPROVED_WINDOWS = 256

type Opening = { access: Access; capture: Capture; use: Use }

export class Journal implements StrictJournal {
  readonly #options: JournalOptions
  readonly #queue: CommitQueue
  readonly #windows: OpenWindows
  readonly #checkpointTimer: NodeJS.Timeout
  readonly #decide: Deciding
  #lastWindow = 0
  #lastAnnounced = 0
  #ended: RecordsErrorCode | undefined
  /** Set by the recorder: why nothing may happen although the disk is well. */
  blockedBy: RecordsErrorCode | undefined
  /** How long a record may wait for the chain: receipts promise it. */
  maxUnanchoredMs: number
  /** Set by the recorder. */
  isLate = false
  /** The disk has less free than the rules want. */
  isDiskLow = false
  /** It was read to its end, and is whole: only then anything is sent from it. */
  isProven = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#decide = new Deciding(options)
    this.maxUnanchoredMs = options.maxUnanchoredMs
    this.#queue = new CommitQueue(options)
    this.#windows = new OpenWindows((window) => {
      window.closing = this.#queue.later({ kind: 'close', window: window.id, entry: window.state() })
    })
    this.#checkpointTimer = setInterval(() => this.#checkpoint(), CHECKPOINT_MS)
  }

  unavailable(): RecordsErrorCode | undefined {
    return this.#ended ?? this.#queue.trouble ?? (this.isDiskLow ? 'JOURNAL_FULL' : this.blockedBy)
  }

  isBehind(): boolean {
    return this.isLate
  }

  async record(access: Access): Promise<{ seq: number }> {
    this.#assertAvailable()
    return { seq: await this.#queue.commit({ kind: 'record', entry: this.#decide.single(access) }) }
  }

  /** Puts other rules in force. What was opened under the old ones closes under them: each record names its own. */
  async setPolicy(access: Access, capture: ChooseCapture): Promise<{ seq: number }> {
    this.#windows.closeAll()
    this.#windows.stopTicks()
    const before = this.#decide.capture
    this.#decide.capture = capture
    try {
      const entry = this.#decide.single(access)
      return { seq: await this.#queue.commitInOrder({ kind: 'record', entry, isPolicy: true }) }
    } catch (error) {
      this.#decide.capture = before
      throw error
    }
  }

  window(access: Access, use: Use): AccessWindow {
    const capture = this.#decide.captureOf(access, use.name)
    const key = windowKey(access, capture)
    const open = this.#windows.get(key)
    const blocked = this.unavailable()
    // A denial lets nothing happen: it may still count where a window is open.
    const mayCount = blocked === undefined || access.outcome === Outcome.DENIED
    if (mayCount && open?.add(use) === true) return open
    if (blocked !== undefined) return refusedWindow(access, blocked)
    if (open !== undefined) this.#windows.close(key, open)
    const isStranger = access.network !== undefined && access.network !== OTHERS
    if (isStranger && this.#windows.strangers >= MAX_UNPROVED_WINDOWS) return this.window(othersOf(access), use)
    return capture.windowMs === 0
      ? this.#openAlone({ access, capture, use })
      : this.#open(key, { access, capture, use })
  }

  async checkpoint(given: AccessWindow): Promise<void> {
    await given.durable
    const window = given as OpenWindow
    // A checkpoint after its end would open it anew.
    if (window.isClosed) return window.closing
    window.isDirty = false
    // In order: an earlier state must not be written over it.
    const written = this.#queue.commitInOrder({ kind: 'checkpoint', window: window.id, entry: window.state() })
    await written.catch((error: unknown) => {
      window.isDirty = true
      throw error
    })
  }

  sealWhere(isSealed: (access: Access, name: string) => boolean): void {
    this.#decide.isSealed = isSealed
  }

  async receipt(seq: number): Promise<string> {
    if (this.isCondemned) throw refusal('JOURNAL_DAMAGED')
    const withinSeconds = Math.ceil(this.maxUnanchoredMs / 1_000)
    return encodeReceipt(await this.#options.thread.call({ kind: 'receipt', promised: { seq, withinSeconds } }))
  }

  hurry(): void {
    this.#options.hurry()
  }

  async announce(access: Access, use: Use): Promise<AnnouncedAccess> {
    this.#assertAvailable()
    const id = ++this.#lastAnnounced
    await this.#queue.commit({ kind: 'announce', id, entry: this.#decide.announced(access, use, 0) })
    let isSettled = false
    return {
      settle: (how, evidence = {}) => {
        if (isSettled) return
        isSettled = true
        if (how === 'dropped') return void this.#queue.later({ kind: 'drop', id })
        const known = { ...access, evidence: { ...access.evidence, ...evidence } }
        const entry = this.#decide.announced(known, use, how === 'happened' ? 1 : 0)
        void this.#queue.later({ kind: 'settle', id, entry: { ...entry, countIsLowerBound: how === 'unknown' } })
      },
    }
  }

  closeAll(): void {
    this.#windows.closeAll()
  }

  closeConnection(connectionId: number): void {
    this.#windows.closeConnection(connectionId)
  }

  /** Closes every window. Resolves when all that was decided so far is on disk. */
  async closeWindows(): Promise<void> {
    this.#windows.closeAll()
    await this.settled()
  }

  /** Resolves when all that was decided so far is on disk. */
  settled(): Promise<void> {
    return this.#queue.settled()
  }

  /** Unix milliseconds of the oldest access that was decided and that nothing on disk tells of. */
  untoldSinceMs(): number | undefined {
    return this.#queue.untoldSinceMs()
  }

  /** The file is damaged: nothing more may rest on it. */
  condemn(): void {
    this.#ended ??= 'JOURNAL_DAMAGED'
  }

  get isCondemned(): boolean {
    return this.#ended === 'JOURNAL_DAMAGED'
  }

  /** Unix milliseconds, never before the last recorded. */
  readonly now = (): number => this.#decide.now()

  async stop(): Promise<void> {
    clearInterval(this.#checkpointTimer)
    this.#windows.stopTicks()
    await this.closeWindows()
    this.#ended ??= 'JOURNAL_CLOSED'
  }

  #assertAvailable(): void {
    const blocked = this.unavailable()
    if (blocked !== undefined) throw refusal(blocked)
  }

  #open(key: string, opening: Opening): OpenWindow {
    const window = this.#begin(opening)
    this.#windows.put(key, window)
    this.#queue.commit({ kind: 'open', window: window.id, entry: window.state() }).then(
      () => window.opened(),
      (error: Error) => {
        window.failed(error)
        this.#windows.remove(key, window)
      },
    )
    return window
  }

  /** A record of its own: what the window would be is closed as it opens, in one operation. */
  #openAlone(opening: Opening): OpenWindow {
    const window = this.#begin(opening)
    window.isClosed = true
    this.#queue.commit({ kind: 'record', entry: window.state() }).then(
      () => window.opened(),
      (error: Error) => window.failed(error),
    )
    return window
  }

  #begin({ access, capture, use }: Opening): OpenWindow {
    const window = new OpenWindow(++this.#lastWindow, access, { capture, now: this.#decide.turnNow })
    window.add(use)
    window.isDirty = false
    return window
  }

  #checkpoint(): void {
    if (this.#queue.trouble === 'JOURNAL_WRITE_FAILED') this.#queue.probe()
    for (const window of this.#windows.all()) {
      if (!window.isDirty) continue
      window.isDirty = false
      const written = this.#queue.later({ kind: 'checkpoint', window: window.id, entry: window.state() })
      written.catch(() => {
        window.isDirty = true
      })
    }
  }
}
