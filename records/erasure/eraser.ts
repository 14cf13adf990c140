/**
 * @module Erasure: ordered, recorded before it happens, carried out in journal and store, and replayed wherever a copy
 * turns up again (GDPR Art. 17). Sequences, counts, leaf hashes and every other proof stand.
 */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { concat, fromHex, sha256, toHex, utf8, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { RecordsError, type StoredEvidence } from '../port.ts'
import type { Erasure, EvidenceStore, LegalHold } from '../store/port.ts'
import { type ErasureCertificate, type ErasureOrder, scopeOf } from './order.ts'
import { matured, reaches } from './reach.ts'

export interface EraserOptions {
  store: Omit<EvidenceStore, 'close'>
  thread: JournalThread
  journal: Journal
  recorderId: number
  /** Seconds that evidence is kept whatever is asked: claims must stay provable (Art. 17(3)). */
  minimumSeconds: number
  /** Seconds after which evidence is erased unasked (Art. 5(1)(e)). */
  retentionSeconds: number
  log: Logger
}

const SCRUB_TRIES = 20
const SCRUB_WAIT_MS = 250

export class Eraser {
  readonly #options: EraserOptions
  /** Orders that reach copies still to come, as last read. */
  #orders: Erasure[] = []
  #holds: LegalHold[] = []
  /** Orders that were carried out since the start, as far as they had come of age. */
  readonly #obeyed = new Set<string>()
  /** One at a time: a copy that was read before an order and written after it would bring back what was erased. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: EraserOptions) {
    this.#options = { ...options }
  }

  /** Other limits, from a reload of the rules; the next sweep goes by them. */
  setLimits(limits: Pick<EraserOptions, 'minimumSeconds' | 'retentionSeconds'>): void {
    Object.assign(this.#options, limits)
  }

  /** Orders an erasure and carries it out. Rejects RecordsError: nothing was ordered, or it is carried out later. */
  erase(order: ErasureOrder): Promise<ErasureCertificate> {
    return this.#inTurn(() => this.#erase(order))
  }

  /** Carries out every order anew, for what has come of age since, and erases unasked what is older than the retention. */
  sweep(): Promise<void> {
    return this.#inTurn(() => this.#sweep())
  }

  /** Copies evidence from the journal to the store, having obeyed: others may have ordered an erasure meanwhile. */
  copy(read: () => Promise<readonly StoredEvidence[]>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#obey()
      await this.#options.store.put(this.#filter(await read()))
    })
  }

  async #erase(order: ErasureOrder): Promise<ErasureCertificate> {
    const { store, journal, recorderId } = this.#options
    await journal.closeWindows()
    const now = Math.floor(journal.now() / 1_000)
    const scope = scopeOf(order, now)
    const id = toHex(randomBytes(16))
    const { seq } = await journal.record(recordOf(id, scope)) // before it happens: no record, no erasure
    const reports = await store.reportsWith(scope)
    const purposes = order.purposes ?? []
    const { ground } = order
    const erasure: Erasure = {
      ...scope,
      id,
      ground,
      requestedAt: now,
      purposes,
      reports,
      recorded: { recorderId, seq },
    }
    await store.putErasure(erasure)
    // A crash from here on leaves an order that the next start carries out.
    await this.#obey().catch((cause: RecordsError) => {
      const later = 'The erasure is ordered, and tried again within the hour. See how far it is: npx flytrap erasures'
      throw new RecordsError(cause.code, `${cause.message} ${later}`, { cause })
    })
    return this.certify(erasure)
  }

  /** Carries out the orders that are new here. */
  async #obey(): Promise<void> {
    const { store } = this.#options
    ;[this.#orders, this.#holds] = await Promise.all([store.erasures(), store.holds()])
    if (this.#orders.some(({ id }) => !this.#obeyed.has(id))) await this.#carryOut()
  }

  async #carryOut(): Promise<void> {
    const { store, thread, journal, recorderId } = this.#options
    const now = Math.floor(journal.now() / 1_000)
    const latest = now - this.#options.minimumSeconds
    await journal.closeWindows()
    const copies = { orders: this.#orders, holds: this.#holds, latest }
    const left = new Set(await thread.call({ kind: 'erase', copies }))
    for (const order of this.#orders) await store.erase(matured(order, latest))
    await store.erasePurposes(this.#orders.flatMap(({ purposes = [] }) => purposes))
    await this.#scrub()
    for (const { id } of this.#orders) {
      if (!left.has(id)) await store.acknowledge(id, recorderId, now)
      this.#obeyed.add(id)
    }
  }

  async #sweep(): Promise<void> {
    const { store, journal, retentionSeconds, log } = this.#options
    await this.#replay()
    this.#obeyed.clear()
    await this.#obey()
    const before = Math.floor(journal.now() / 1_000) - retentionSeconds
    const count = await store.countOpen({ before })
    if (count === 0) return
    log.info({ count, before }, 'evidence reached its retention')
    await this.#erase({ ground: 'retention', before })
  }

  /** Returns the rows as they may be copied: what an order reaches is copied without text, salt and subject. */
  #filter(rows: readonly StoredEvidence[]): StoredEvidence[] {
    const latest = Math.floor(this.#options.journal.now() / 1_000) - this.#options.minimumSeconds
    const due = this.#orders.map((order) => matured(order, latest))
    return rows.map((row) => {
      const isDue = row.subject !== undefined && due.some((order) => reaches(order, this.#holds, row.subject!))
      if (!isDue) return row
      const { text: _text, salt: _salt, subject: _subject, ...place } = row
      return place
    })
  }

  /** Returns what an erasure has done so far. */
  async certify(erasure: Erasure): Promise<ErasureCertificate> {
    const { store } = this.#options
    const [left, acknowledged] = await Promise.all([store.countOpen(erasure), store.acknowledged(erasure.id)])
    return { erasure, left, acknowledged, reports: [...(erasure.reports ?? [])] }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined) // told to whoever asked
    return mine
  }

  /** A store that was restored from an older backup has forgotten what it was told to forget: the journal has not. */
  async #replay(): Promise<void> {
    const { store, thread } = this.#options
    const known = new Set((await store.erasures()).map(({ id }) => id))
    const remembered = await thread.call({ kind: 'erasures' })
    for (const order of remembered) if (!known.has(order.id)) await store.putErasure(order)
  }

  /** A reader holds the log for as long as it reads: a few tries, then the next round. */
  async #scrub(): Promise<void> {
    for (let i = 1; ; i++) {
      try {
        return await this.#options.store.scrub()
      } catch (error) {
        if (!(error instanceof RecordsError) || error.code !== 'STORE_BUSY' || i === SCRUB_TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, SCRUB_WAIT_MS))
      }
    }
  }
}

/** The ERASE record: on chain it says that something was erased; its evidence binds the order without telling it. */
function recordOf(id: `0x${string}`, scope: object) {
  const request = toHex(sha256(concat(fromHex(id), utf8(canonicalJson(scope)))))
  const verdict = { outcome: Outcome.ALLOWED, denialReason: DenialReason.NONE }
  const about = { account: ZERO_ADDRESS, topicId: ZERO_BYTES32, grantId: 0 }
  return { action: Action.ERASE, ...verdict, ...about, evidence: { request } }
}
