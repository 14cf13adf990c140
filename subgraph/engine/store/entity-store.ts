/**
 * @module Entity versions with block ranges. A block's changes go into one transaction with the block itself, as they come: a
 * crash leaves the history at a block's end, never inside one, and a block of any size takes no memory. Between its first
 * change and its commit nothing else may run: readers share the connection.
 */
import Database from 'better-sqlite3'
import type { EntityQuery, EntityRow, EntityValue, IndexedBlock } from '../port.ts'
import type { EntitySchema, EntityType, FieldKind } from '../schema.ts'
import { DeterministicError } from '../wasm/heap.ts'
import type { MappingStore } from '../wasm/imports.ts'
import { createTables } from './tables.ts'
import { Versions } from './versions.ts'

type Entity = ReadonlyMap<string, EntityValue>

/** SQLite's own 2 MiB would read the indexes of a long history again and again. */
const CACHE_KIB = 16 * 1_024

export class EntityStore implements MappingStore {
  readonly #schema: EntitySchema
  readonly #sqlite: Database.Database
  /** The block whose changes are being written. */
  #block: number | undefined
  readonly #versions: ReadonlyMap<string, Versions>
  #head: IndexedBlock | undefined
  readonly #blocks: Readonly<Record<'put' | 'head' | 'below' | 'at' | 'before' | 'deleteAbove', Database.Statement>>
  /** `identity` says what the file is the history of; a file of another begins anew. */
  constructor(path: string, schema: EntitySchema, identity: string) {
    this.#schema = schema
    this.#sqlite = new Database(path)
    this.#sqlite.defaultSafeIntegers(true)
    this.#sqlite.pragma('journal_mode = WAL')
    this.#sqlite.pragma('synchronous = NORMAL')
    this.#sqlite.pragma(`cache_size = -${CACHE_KIB}`)
    this.#transaction(() => createTables(this.#sqlite, schema, identity))
    this.#versions = new Map([...schema].map(([name, type]) => [name, new Versions(this.#sqlite, type)]))
    this.#blocks = blockStatements(this.#sqlite)
    this.#head = toBlock(this.#blocks.head.get())
  }

  get(entity: string, id: Uint8Array): Entity | undefined {
    return this.#versionsOf(entity).present(id)
  }

  /** Sets the fields that are given; null unsets. As Graph Node: unknown fields and missing required ones are errors. */
  set(entity: string, id: Uint8Array, fields: ReadonlyMap<string, EntityValue | null>): void {
    const type = this.#typeOf(entity)
    const merged = new Map(type.isImmutable ? [] : this.get(entity, id))
    for (const [name, value] of fields) {
      if (!type.fields.has(name)) throw new DeterministicError(`${entity} has no field ${name}`)
      if (value === null) merged.delete(name)
      else merged.set(name, value)
    }
    for (const { name, kind, isRequired } of type.fields.values()) {
      const value = merged.get(name)
      if (value === undefined && isRequired) throw new DeterministicError(`${entity}.${name} is required`)
      if (value !== undefined && kindOf(value) !== kind) throw new DeterministicError(`${entity}.${name} is no ${kind}`)
      if (typeof value === 'bigint' && !isStorable(value))
        throw new DeterministicError(`${entity}.${name} is no uint256`)
    }
    if (this.#block === undefined) throw new Error('a change outside of a block')
    this.#versionsOf(entity).write(id, merged, this.#block)
  }

  /** Begins a block: what is set from now on belongs to it. */
  begin(number: number): void {
    this.#sqlite.exec('BEGIN IMMEDIATE')
    this.#block = number
  }

  /** The block is indexed, with all that it changed. One that changed nothing need not have begun. */
  commit(block: IndexedBlock): void {
    if (this.#block === undefined) this.begin(block.number)
    this.#blocks.put.run(block.number, block.hash, block.timestamp)
    this.#sqlite.exec('COMMIT')
    this.#block = undefined
    this.#head = block
  }

  /** Takes back the changes of a block that failed. */
  discard(): void {
    if (this.#sqlite.inTransaction) this.#sqlite.exec('ROLLBACK')
    this.#block = undefined
  }

  /** Takes back every block above `number`, in one transaction. */
  revertTo(number: number): void {
    this.#transaction(() => {
      for (const versions of this.#versions.values()) versions.revertTo(number)
      this.#blocks.deleteAbove.run(number)
    })
    this.#head = toBlock(this.#blocks.head.get())
  }

  head(): IndexedBlock | undefined {
    return this.#head
  }

  blockBelow(number: number): IndexedBlock | undefined {
    if (this.#head !== undefined && this.#head.number < number) return this.#head
    return toBlock(this.#blocks.below.get(number))
  }

  blockAt(number: number): IndexedBlock | undefined {
    return toBlock(this.#blocks.at.get(number))
  }

  blockAtOrBefore(time: number): IndexedBlock | undefined {
    return toBlock(this.#blocks.before.get(time))
  }

  /** The version that stood at `block`; the present one without it. `id`: hex, as rows tell it. */
  at(entity: string, id: string, block?: number): EntityRow | undefined {
    return this.#versionsOf(entity).at(id, block)
  }

  query(entity: string, query: EntityQuery): EntityRow[] {
    return this.#versionsOf(entity).query(query)
  }

  close(): void {
    this.#sqlite.close()
  }

  #versionsOf(entity: string): Versions {
    return this.#versions.get(entity) ?? unknown(entity)
  }

  #transaction(work: () => void): void {
    this.#sqlite.transaction(work).immediate()
  }

  #typeOf(entity: string): EntityType {
    return this.#schema.get(entity) ?? unknown(entity)
  }
}

function blockStatements(sqlite: Database.Database) {
  const select = (rest: string): Database.Statement => sqlite.prepare(`SELECT * FROM blocks ${rest}`)
  return {
    put: sqlite.prepare('INSERT OR REPLACE INTO blocks VALUES(?, ?, ?)'),
    head: select('ORDER BY number DESC LIMIT 1'),
    below: select('WHERE number < ? ORDER BY number DESC LIMIT 1'),
    at: select('WHERE number = ?'),
    before: select('WHERE time <= ? ORDER BY number DESC LIMIT 1'),
    deleteAbove: sqlite.prepare('DELETE FROM blocks WHERE number > ?'),
  }
}

function toBlock(row: unknown): IndexedBlock | undefined {
  if (row === undefined) return undefined
  const { number, hash, time } = row as { number: bigint; hash: `0x${string}`; time: bigint }
  return { number: Number(number), hash, timestamp: Number(time) }
}

function kindOf(value: EntityValue): FieldKind {
  if (typeof value === 'string') return 'String'
  if (typeof value === 'boolean') return 'Boolean'
  return typeof value === 'bigint' ? 'BigInt' : 'Bytes'
}

const isStorable = (value: bigint): boolean => value >= 0n && value < 2n ** 256n

function unknown(entity: string): never {
  throw new DeterministicError(`the schema has no entity ${entity}`)
}
