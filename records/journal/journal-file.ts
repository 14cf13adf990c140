/**
 * @module The journal's file, as its worker thread sees it: every function is one transaction, all or nothing. A crash
 * between two of them leaves a journal from which everything goes on.
 */
import { randomBytes } from 'node:crypto'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { SALT_BYTES } from '../../domain/evidence.ts'
import type { Deployment } from '../../domain/typed-data.ts'
import { asc, eq, gte, sql } from '../drizzle.ts'
import { RecordsError } from '../port.ts'
import { openDatabase } from './database.ts'
import { closeEntry, type EntryState } from './entry.ts'
import { announced, batches, meta, records, windows } from './schema.ts'

/** What one journal belongs to, for life. */
export interface JournalOwner {
  deployment: Deployment
  recorder: Address
  recorderId: number
}

/** One change, in the order in which it was decided. */
export type Operation =
  | { kind: 'record'; entry: EntryState; isPolicy?: boolean }
  | { kind: 'open'; window: number; entry: EntryState }
  | { kind: 'checkpoint'; window: number; entry: EntryState }
  | { kind: 'close'; window: number; entry: EntryState }
  | { kind: 'announce'; id: number; entry: EntryState }
  | { kind: 'settle'; id: number; entry: EntryState }
  | { kind: 'drop'; id: number }

export class JournalFile {
  readonly sqlite: ReturnType<typeof openDatabase>['sqlite']
  readonly db: ReturnType<typeof openDatabase>['db']
  readonly owner: JournalOwner
  /** Prepared once: it runs for every entry. */
  readonly #insert: ReturnType<typeof prepareInsert>
  /** What a commit moves on, written with it; put back when it fails. */
  #state: { nextSeq: number; lastMs: number; policy: number | undefined }

  constructor(path: string, owner: JournalOwner) {
    const opened = openDatabase({ path, migrations: new URL('./migrations/', import.meta.url) })
    this.sqlite = opened.sqlite
    this.db = opened.db
    this.owner = owner
    this.#bind(path)
    this.#insert = prepareInsert(this.db)
    const stored = (key: string): number => Number(this.#get(key) ?? 0)
    this.#state = {
      nextSeq: Math.max(1, stored('nextSeq')),
      lastMs: stored('lastMs'),
      policy: stored('policy') || undefined,
    }
    this.#closeOrphans()
  }

  /** Applies the operations in one transaction. Returns the sequence of each that closed, else 0. */
  commit(operations: readonly Operation[]): number[] {
    const before = { ...this.#state }
    try {
      return this.#inTransaction(() => {
        const closed = operations.map((operation) => this.#apply(operation))
        this.#set('nextSeq', String(this.#state.nextSeq))
        this.#set('lastMs', String(this.#state.lastMs))
        if (this.#state.policy !== before.policy) this.#set('policy', String(this.#state.policy))
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

  /** Counts of what is not final, for status. */
  depth(): { unbatched: number; unanchored: number; oldest: number | null } {
    const [stored] = this.db
      .select({ n: sql<number>`count(*)`, oldest: sql<number | null>`min(first_at)` })
      .from(records)
      .all()
    const [open] = this.db
      .select({ n: sql<number>`count(*)`, oldest: sql<number | null>`min(first_at)` })
      .from(windows)
      .all()
    const [built] = this.db.select({ n: sql<number>`coalesce(sum(count), 0)` }).from(batches).all()
    const unanchored = built?.n ?? 0
    const times = [stored?.oldest, open?.oldest].filter((at) => at !== null && at !== undefined)
    const unbatched = (stored?.n ?? 0) - unanchored + (open?.n ?? 0)
    return { unbatched, unanchored, oldest: times.length === 0 ? null : Math.min(...times) }
  }

  /** Where the last final batch ended; undefined before the first. */
  remembered(): { nextSeq: number; through: number; head: Bytes32 } | undefined {
    const text = this.#get('final')
    return text === undefined ? undefined : JSON.parse(text)
  }

  remember(final: { nextSeq: number; through: number; head: Bytes32 }): void {
    this.#set('final', JSON.stringify(final))
  }

  recordsFrom(firstSeq: number, limit: number) {
    return this.db.select().from(records).where(gte(records.seq, firstSeq)).orderBy(asc(records.seq)).limit(limit).all()
  }

  /** Unix seconds of the oldest access that is still open, or closed at `seq` or later; null for none. */
  oldestFrom(seq: number): number | null {
    const oldest = { at: sql<number | null>`min(first_at)` }
    const open = this.db.select(oldest).from(windows).get()?.at ?? null
    const closed = this.db.select(oldest).from(records).where(gte(records.seq, seq)).get()?.at ?? null
    return open === null || closed === null ? (open ?? closed) : Math.min(open, closed)
  }

  close(): void {
    this.sqlite.close()
  }

  #apply(operation: Operation): number {
    if (operation.kind !== 'drop') this.#state.lastMs = Math.max(this.#state.lastMs, operation.entry.lastMs)
    switch (operation.kind) {
      case 'record':
        return this.#closeEntry(operation.entry, operation.isPolicy === true)
      case 'open':
      case 'checkpoint':
        this.#putWindow(operation.window, operation.entry)
        return 0
      case 'close':
        this.db.delete(windows).where(eq(windows.id, operation.window)).run()
        return this.#closeEntry(operation.entry, false)
      case 'announce':
        this.db
          .insert(announced)
          .values({ id: operation.id, state: JSON.stringify(operation.entry) })
          .run()
        return 0
      case 'settle':
        this.db.delete(announced).where(eq(announced.id, operation.id)).run()
        return this.#closeEntry(operation.entry, false)
      case 'drop':
        this.db.delete(announced).where(eq(announced.id, operation.id)).run()
        return 0
    }
  }

  #putWindow(id: number, entry: EntryState): void {
    const row = { id, state: JSON.stringify(entry), firstAt: Math.floor(entry.firstMs / 1_000) }
    const set = { state: row.state }
    this.db.insert(windows).values(row).onConflictDoUpdate({ target: windows.id, set }).run()
  }

  /** Gives sequence, salt and leaf: sequence order is closing order. */
  #closeEntry(entry: EntryState, isPolicy: boolean): number {
    const seq = this.#state.nextSeq++
    const { deployment, recorderId } = this.owner
    const policy = isPolicy ? undefined : this.#state.policy
    if (isPolicy) this.#state.policy = seq
    const place = { ...deployment, recorderId, seq: BigInt(seq) }
    const closed = closeEntry(entry, { place, policy, salt: randomBytes(SALT_BYTES) })
    this.#insert.run({ seq, ...closed })
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

  /** Unix milliseconds that no record before and no watermark covers. */
  #afterAllRecorded(): number {
    const last = this.db.select({ at: sql<number | null>`max(through)` }).from(batches).get()?.at ?? 0
    const through = Math.max(last, this.remembered()?.through ?? 0)
    return Math.max(this.#state.lastMs, (through + 1) * 1_000)
  }

  #bind(path: string): void {
    const { deployment, recorder, recorderId } = this.owner
    const expected = `${deployment.chainId}/${deployment.contract}/${recorder}/${recorderId}`
    const actual = this.#get('owner')
    if (actual === undefined) this.#set('owner', expected)
    if (actual === undefined || actual === expected) return
    this.sqlite.close()
    const remedy = 'Give this recorder its own journal, or restore the one that belongs to it: nothing was changed.'
    throw new RecordsError('JOURNAL_FOREIGN', `${path} belongs to ${actual}, not to ${expected}. ${remedy}`)
  }

  /** What the recorder spent of late, in its own words. */
  spending(): string | undefined {
    return this.#get('spending')
  }

  noteSpending(text: string): void {
    this.#set('spending', text)
  }

  #inTransaction<T>(work: () => T): T {
    return this.sqlite.transaction(work).immediate()
  }

  #get(key: string): string | undefined {
    return this.db.select().from(meta).where(eq(meta.key, key)).get()?.value
  }

  #set(key: string, value: string): void {
    this.db.insert(meta).values({ key, value }).onConflictDoUpdate({ target: meta.key, set: { value } }).run()
  }
}

function prepareInsert(db: JournalFile['db']) {
  const value = (name: string) => sql.placeholder(name)
  return db
    .insert(records)
    .values({
      seq: value('seq'),
      bytes: value('bytes'),
      evidence: value('evidence'),
      salt: value('salt'),
      leaf: value('leaf'),
      firstAt: value('firstAt'),
    })
    .prepare()
}
