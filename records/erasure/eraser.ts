/**
 * @module Erasure: ordered, recorded before it happens, carried out in journal and store, and replayed wherever a copy
 * turns up again (GDPR Art. 17). Sequences, counts, leaf hashes and every other proof stand.
 */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { type Address, type Bytes32, toHex } from '../../domain/bytes.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import { type OtherCopies, RecordsError } from '../port.ts'
import type { Erasure, EvidenceStore, LegalHold, StoredEvidence } from '../store/port.ts'
import { eraseRecord } from './erase-record.ts'
import { type ErasureCertificate, type ErasureOrder, scopeOf } from './order.ts'
import { patiently } from './patiently.ts'
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

/** A hold on a topic says nothing of accounts, and a purpose's key nothing of topics: rather all purposes kept than one lost. */
const mayNeedPurposesOf = (hold: LegalHold, account: Address | undefined): boolean =>
  account === undefined || hold.account === undefined || hold.account === account

export class Eraser {
  readonly #options: EraserOptions
  /** Orders that reach copies still to come, as last read. */
  #orders: Erasure[] = []
  #holds: LegalHold[] = []
  readonly #others: OtherCopies[] = []
  /** Orders that were carried out since the start, as far as they had come of age. */
  readonly #obeyed = new Set<string>()
  /** Requests were forgotten whose bytes are still in the store's files. */
  #mustScrub = false
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

  /** Carries out every order anew, for what has come of age since, and erases unasked what is older than the retention, requests too. */
  sweep(): Promise<void> {
    return this.#inTurn(() => this.#sweep())
  }

  /** Carries out orders that are new here. Rejects RecordsError: the next time. */
  obey(): Promise<void> {
    return this.#inTurn(() => this.#obey())
  }

  /** Has other copies obey too, from now on. Rejects their error: the next time. */
  eraseAlso(copies: OtherCopies): Promise<void> {
    this.#others.push(copies)
    return this.#inTurn(() => this.#eraseOthers([copies])).catch((error: unknown) => {
      this.#obeyed.clear()
      throw error
    })
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
    const { seq } = await journal.record(eraseRecord(id, scope)) // before it happens: no record, no erasure
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
    return this.certify(this.#orders.find((order) => order.id === id) ?? erasure)
  }

  /** Carries out the orders that are new here. */
  async #obey(): Promise<void> {
    const { store } = this.#options
    ;[this.#orders, this.#holds] = await Promise.all([store.erasures(), store.holds()])
    const due = this.#orders.filter(({ id }) => !this.#obeyed.has(id))
    if (due.length > 0) await this.#carryOut(due)
  }

  async #carryOut(due: readonly Erasure[]): Promise<void> {
    const { store, thread, journal, recorderId } = this.#options
    const now = Math.floor(journal.now() / 1_000)
    const latest = now - this.#options.minimumSeconds
    await journal.closeWindows()
    const copies = { orders: due, holds: this.#holds, latest }
    const left = new Set(await thread.call({ kind: 'erase', copies }))
    const named = await Promise.all(due.map((order) => this.#namingReports(order, latest)))
    this.#orders = this.#orders.map((order) => named.find(({ id }) => id === order.id) ?? order)
    for (const order of named) await store.erase(matured(order, latest))
    await store.erasePurposes(named.flatMap((order) => this.#purposesOf(order)))
    await patiently(() => store.scrub())
    await this.#eraseOthers()
    for (const { id } of named) {
      if (!left.has(id)) await store.acknowledge(id, recorderId, now)
      this.#obeyed.add(id)
    }
  }

  /** Why an account has its rights is part of what a claim is about: it stays as long as a hold on the account stands. */
  #purposesOf({ account, purposes = [] }: Erasure): readonly Bytes32[] {
    const isHeld = this.#holds.some((hold) => hold.liftedAt === undefined && mayNeedPurposesOf(hold, account))
    return isHeld ? [] : purposes
  }

  /** Returns the order with the reports that were issued since, while its evidence was still there: once that is gone nothing tells. */
  async #namingReports(order: Erasure, latest: number): Promise<Erasure> {
    const { store } = this.#options
    const known = order.reports ?? []
    const since = (await store.reportsWith(matured(order, latest))).filter((hash) => !known.includes(hash))
    if (since.length === 0) return order
    const named = { ...order, reports: [...known, ...since] }
    await store.putErasure(named)
    return named
  }

  async #sweep(): Promise<void> {
    const { store, journal, retentionSeconds, log } = this.#options
    await this.#replay()
    this.#obeyed.clear()
    await this.#obey()
    const before = Math.floor(journal.now() / 1_000) - retentionSeconds
    const count = await store.countErasable({ before, endedBy: before })
    if (count > 0) {
      log.info({ count, before }, 'evidence reached its retention')
      await this.#erase({ ground: 'retention', before })
    }
    await this.#eraseOthers() // what has become too old for them, whatever was ordered
    await this.#forgetRequests(before)
  }

  /** No evidence, so no order and no record; what carries evidence has lost it by now. */
  async #forgetRequests(before: number): Promise<void> {
    const { store, log } = this.#options
    const count = await store.forgetRequests(before)
    if (count > 0) log.info({ count, before }, 'requests for reports reached their retention')
    this.#mustScrub ||= count > 0
    if (!this.#mustScrub) return
    await patiently(() => store.scrub())
    this.#mustScrub = false
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
    const [open, acknowledged, purposes] = await Promise.all([
      store.countOpen(erasure),
      store.acknowledged(erasure.id),
      Promise.all((erasure.purposes ?? []).map((key) => store.purpose(key))),
    ])
    const left = open + purposes.filter((purpose) => purpose?.text !== undefined).length
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

  async #eraseOthers(others: readonly OtherCopies[] = this.#others): Promise<void> {
    const { journal, retentionSeconds } = this.#options
    const scopes = [...this.#orders, { before: Math.floor(journal.now() / 1_000) - retentionSeconds }]
    for (const copies of others) await patiently(() => copies.erase(scopes))
  }
}
