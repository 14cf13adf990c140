/**
 * @module Entity versions with block ranges. A block's changes are kept aside until it is whole and written in one
 * transaction with the block itself: a crash leaves the history at a block's end, never inside one.
 */
import Database from 'better-sqlite3'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { EntityRow, EntityValue, IndexedBlock } from '../port.ts'
import type { EntitySchema, EntityType, FieldKind } from '../schema.ts'
import { DeterministicError } from '../wasm/heap.ts'
import type { MappingStore } from '../wasm/imports.ts'
import { and, drizzle, eq, gt, gte, isNull, lte, or } from './drizzle.ts'
import { createTables, type EntityTable, entityTables, VERSION } from './tables.ts'

type Entity = ReadonlyMap<string, EntityValue>

export class EntityStore implements MappingStore {
  readonly #schema: EntitySchema
  readonly #sqlite: Database.Database
  readonly db: BetterSQLite3Database
  readonly tables: Map<string, EntityTable>
  /** What the block in hand has changed: entity name and id to the whole entity. */
  readonly #changed = new Map<string, { type: EntityType; id: Uint8Array; entity: Entity }>()

  /** `identity` says what the file is the history of; a file of another is emptied: it can be made anew. */
  constructor(path: string, schema: EntitySchema, identity: string) {
    this.#schema = schema
    this.#sqlite = new Database(path)
    this.#sqlite.defaultSafeIntegers(true)
    this.#sqlite.pragma('journal_mode = WAL')
    this.#sqlite.pragma('synchronous = NORMAL')
    this.db = drizzle(this.#sqlite)
    this.tables = entityTables(schema)
    createTables(this.#sqlite, schema)
    this.#bind(identity)
  }

  get(entity: string, id: Uint8Array): Entity | undefined {
    const type = this.#typeOf(entity)
    return this.#changed.get(keyOf(entity, id))?.entity ?? this.#load(type, id)
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
    }
    this.#changed.set(keyOf(entity, id), { type, id, entity: merged })
  }

  /** Writes what the block changed, and that it is indexed. */
  commit(block: IndexedBlock): void {
    this.#transaction(() => {
      for (const { type, id, entity } of this.#changed.values()) this.#write(type, id, entity, block.number)
      this.#sqlite
        .prepare('INSERT OR REPLACE INTO blocks VALUES(?, ?, ?)')
        .run(block.number, block.hash, block.timestamp)
    })
    this.#changed.clear()
  }

  /** Forgets the changes of a block that failed. */
  discard(): void {
    this.#changed.clear()
  }

  /** Takes back every block above `number`, in one transaction. */
  revertTo(number: number): void {
    this.#transaction(() => {
      for (const name of this.tables.keys()) {
        const table = `"entity_${name}"`
        this.#sqlite.prepare(`DELETE FROM ${table} WHERE "${VERSION.from}" > ?`).run(number)
        this.#sqlite.prepare(`UPDATE ${table} SET "${VERSION.to}" = NULL WHERE "${VERSION.to}" > ?`).run(number)
      }
      this.#sqlite.prepare('DELETE FROM blocks WHERE number > ?').run(number)
    })
  }

  head(): IndexedBlock | undefined {
    return this.#block('SELECT * FROM blocks ORDER BY number DESC LIMIT 1')
  }

  blockBelow(number: number): IndexedBlock | undefined {
    return this.#block('SELECT * FROM blocks WHERE number < ? ORDER BY number DESC LIMIT 1', number)
  }

  blockAt(number: number): IndexedBlock | undefined {
    return this.#block('SELECT * FROM blocks WHERE number = ?', number)
  }

  blockAtOrBefore(time: number): IndexedBlock | undefined {
    return this.#block('SELECT * FROM blocks WHERE time <= ? ORDER BY number DESC LIMIT 1', time)
  }

  /** The version that stood at `block`; the present one without it. */
  at(entity: string, id: Uint8Array, block?: number): EntityRow | undefined {
    const table = this.tableOf(entity)
    const row = this.db
      .select()
      .from(table)
      .where(and(eq(table.id!, id), this.standing(table, block)))
      .get()
    return row === undefined ? undefined : toRow(row)
  }

  tableOf(entity: string): EntityTable {
    return this.tables.get(entity) ?? unknown(entity)
  }

  /** Which versions stood at `block`, included. */
  standing(table: EntityTable, block: number | undefined) {
    const to = table[VERSION.to]!
    if (block === undefined) return isNull(to)
    return and(lte(table[VERSION.from]!, BigInt(block)), or(isNull(to), gt(to, BigInt(block))))
  }

  close(): void {
    this.#sqlite.close()
  }

  #load({ name }: EntityType, id: Uint8Array): Entity | undefined {
    const row = this.at(name, id)
    return row === undefined ? undefined : new Map(Object.entries(row))
  }

  /** A version written in the same block is replaced: nobody can ask for the middle of a block. */
  #write({ name, isImmutable }: EntityType, id: Uint8Array, entity: Entity, block: number): void {
    const table = this.tableOf(name)
    const [number, isNow] = [BigInt(block), and(eq(table.id!, id), isNull(table[VERSION.to]!))]
    if (!isImmutable) {
      this.db
        .delete(table)
        .where(and(isNow, gte(table[VERSION.from]!, number)))
        .run()
      this.db
        .update(table)
        .set({ [VERSION.to]: number })
        .where(isNow)
        .run()
    }
    this.db
      .insert(table)
      .values({ ...Object.fromEntries(entity), [VERSION.from]: number })
      .run()
  }

  #bind(identity: string): void {
    const stored = this.#sqlite.prepare('SELECT value FROM meta WHERE key = ?').pluck().get('identity')
    if (stored === identity) return
    if (stored !== undefined) this.revertTo(-1)
    this.#sqlite.prepare('INSERT OR REPLACE INTO meta VALUES(?, ?)').run('identity', identity)
  }

  #block(sql: string, ...args: number[]): IndexedBlock | undefined {
    const row = this.#sqlite.prepare(sql).get(...args) as { number: bigint; hash: string; time: bigint } | undefined
    if (row === undefined) return undefined
    return { number: Number(row.number), hash: row.hash as `0x${string}`, timestamp: Number(row.time) }
  }

  #transaction(work: () => void): void {
    this.#sqlite.transaction(work).immediate()
  }

  #typeOf(entity: string): EntityType {
    return this.#schema.get(entity) ?? unknown(entity)
  }
}

/** Drops the version columns and what is null. */
export function toRow(row: Record<string, unknown>): EntityRow {
  const fields = Object.entries(row).filter(([name, value]) => !name.startsWith('$') && value !== null)
  return Object.fromEntries(fields) as EntityRow
}

const keyOf = (entity: string, id: Uint8Array): string => `${entity}/${Buffer.from(id).toString('hex')}`

function kindOf(value: EntityValue): FieldKind {
  if (typeof value === 'string') return 'String'
  if (typeof value === 'boolean') return 'Boolean'
  return typeof value === 'bigint' ? 'BigInt' : 'Bytes'
}

function unknown(entity: string): never {
  throw new DeterministicError(`the schema has no entity ${entity}`)
}
