/**
 * @module The journal's file, as its worker thread sees it: every function is one transaction, all or nothing. A crash
 * between two of them leaves a journal from which everything goes on.
 */
import { randomBytes } from 'node:crypto'
import type { Bytes32 } from '../../domain/bytes.ts'
import { SALT_BYTES } from '../../domain/evidence.ts'
import { asc, gte, sql } from '../drizzle.ts'
import { JOURNAL_SCHEMA, type OpenDatabase, openDatabase } from './database.ts'
import { closeEntry, type EntryState } from './entry.ts'
import type { Operation } from './operation.ts'
import { foreign, type JournalOwner, nameOf } from './owner.ts'
import { announced, batches, records, windows } from './schema.ts'
import { prepareStatements, type Statements } from './statements.ts'

/** Where the last final batch ended. */
export interface Final {
  nextSeq: number
  through: number
  /** Absent in a journal of before it was kept. */
  builtAt?: number
  head: Bytes32
}

export class JournalFile {
  readonly sqlite: OpenDatabase['sqlite']
  readonly db: OpenDatabase['db']
  readonly owner: JournalOwner
  readonly run: Statements
  /** What a commit moves on, written with it; put back when it fails. */
  #state: { nextSeq: number; lastMs: number; policy: number | undefined }

  constructor(path: string, owner: JournalOwner) {
    const opened = openDatabase({ path, schema: JOURNAL_SCHEMA })
    this.sqlite = opened.sqlite
    this.db = opened.db
    this.owner = owner
    this.run = prepareStatements(this.db)
    this.#bind(path)
    const stored = (key: string): number => Number(this.get(key) ?? 0)
    this.#state = {
      nextSeq: Math.max(1, stored('nextSeq')),
      lastMs: stored('lastMs'),
      policy: stored('policy') || undefined,
    }
    // A clock that went back meanwhile must not bring accesses below a watermark that was sent.
    this.#state.lastMs = this.#afterAllRecorded()
    this.#closeOrphans()
  }

  /** Applies the operations in one transaction. Returns the sequence of each that closed, else 0. */
  commit(operations: readonly Operation[]): number[] {
    const before = { ...this.#state }
    const salts = randomBytes(SALT_BYTES * operations.length)
    try {
      return this.inTransaction(() => {
        const closed = operations.map((operation, i) =>
          this.#apply(operation, salts.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES)),
        )
        this.set('nextSeq', String(this.#state.nextSeq))
        this.set('lastMs', String(this.#state.lastMs))
        if (this.#state.policy !== before.policy) this.set('policy', String(this.#state.policy))
        return closed
      })
    } catch (error) {
      this.#state = before
      throw error
    }
  }

  /** The sequence that the next closing entry gets. */
  nextSeq(): number {
    return this.#state.nextSeq
  }

  /** Unix milliseconds of the latest recorded access: recorded time never goes back, over restarts too. */
  lastMs(): number {
    return this.#state.lastMs
  }

  /** Undefined before the first. */
  remembered(): Final | undefined {
    const text = this.get('final')
    return text === undefined ? undefined : JSON.parse(text)
  }

  remember(final: Final): void {
    this.set('final', JSON.stringify(final))
  }

  recordsFrom(firstSeq: number, limit: number) {
    return this.db.select().from(records).where(gte(records.seq, firstSeq)).orderBy(asc(records.seq)).limit(limit).all()
  }

  get(key: string): string | undefined {
    return this.run.getMeta.get({ key })?.value
  }

  set(key: string, value: string): void {
    this.run.setMeta.run({ key, value })
  }

  inTransaction<T>(work: () => T): T {
    return this.sqlite.transaction(work).immediate()
  }

  close(): void {
    this.sqlite.close()
  }

  #apply(operation: Operation, salt: Uint8Array): number {
    if (operation.kind === 'drop') {
      this.run.deleteAnnounced.run({ id: operation.id })
      return 0
    }
    const { entry } = operation
    this.#state.lastMs = Math.max(this.#state.lastMs, entry.lastMs)
    switch (operation.kind) {
      case 'record':
        return this.#closeEntry(entry, salt, operation.isPolicy === true)
      case 'open':
        this.#openWindow(operation.window, entry)
        return 0
      // Where no such window is open its opening failed, in an earlier commit: nobody was let in by it.
      case 'checkpoint':
        this.run.updateWindow.run({ id: operation.window, state: JSON.stringify(entry) })
        return 0
      case 'close': {
        const { changes } = this.run.deleteWindow.run({ id: operation.window })
        return changes === 0 ? 0 : this.#closeEntry(entry, salt, false)
      }
      case 'announce':
        this.run.insertAnnounced.run({ id: operation.id, state: JSON.stringify(entry) })
        return 0
      case 'settle':
        this.run.deleteAnnounced.run({ id: operation.id })
        return this.#closeEntry(entry, salt, false)
    }
  }

  #openWindow(id: number, entry: EntryState): void {
    this.run.insertWindow.run({ id, state: JSON.stringify(entry), firstAt: Math.floor(entry.firstMs / 1_000) })
  }

  /** Gives sequence, salt and leaf: sequence order is closing order. */
  #closeEntry(entry: EntryState, salt: Uint8Array, isPolicy: boolean): number {
    const seq = this.#state.nextSeq++
    const { deployment, recorderId } = this.owner
    const policy = isPolicy ? undefined : this.#state.policy
    if (isPolicy) this.#state.policy = seq
    const place = { ...deployment, recorderId, seq: BigInt(seq) }
    this.run.insertRecord.run({ seq, ...closeEntry(entry, { place, policy, salt }) })
    return seq
  }

  /** What a crash left open closes with its last checkpoint, and says that it may count too little. */
  #closeOrphans(): void {
    const cut = (state: string): EntryState => ({ ...(JSON.parse(state) as EntryState), countIsLowerBound: true })
    const open = this.db.select().from(windows).orderBy(asc(windows.id)).all()
    const announcements = this.db.select().from(announced).orderBy(asc(announced.id)).all()
    const at = this.#afterAllRecorded()
    this.commit([
      ...open.map(({ id, state }) => ({ kind: 'close', window: id, entry: cut(state) }) as const),
      // If they happened it was since then: earlier would lie below a watermark that was sent.
      ...announcements.map(({ id, state }) => {
        return { kind: 'settle', id, entry: { ...cut(state), firstMs: at, lastMs: at } } as const
      }),
    ])
  }

  /** Unix milliseconds that no record before and no watermark covers, and that no batch was built after. */
  #afterAllRecorded(): number {
    const latest = { through: sql<number | null>`max(through)`, builtAt: sql<number | null>`max(built_at)` }
    const last = this.db.select(latest).from(batches).get()
    const final = this.remembered()
    const through = Math.max(last?.through ?? 0, final?.through ?? 0)
    const builtAt = Math.max(last?.builtAt ?? 0, final?.builtAt ?? 0)
    return Math.max(this.#state.lastMs, (through + 1) * 1_000, builtAt * 1_000)
  }

  #bind(path: string): void {
    const expected = nameOf(this.owner)
    const actual = this.get('owner')
    if (actual === undefined) this.set('owner', expected)
    if (actual === undefined || actual === expected) return
    this.sqlite.close()
    throw foreign(path, actual, expected)
  }
}
