/** @module The versions of one entity type: statements prepared once, since each event runs some of them. */
import type Database from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { EntityQuery, EntityRow, EntityValue } from '../port.ts'
import type { EntityType } from '../schema.ts'
import { prepareQuery, selectRows } from './query.ts'
import { VERSION } from './tables.ts'
import { bytesToDriver, fromStored, hexToDriver, type StoredValue, toStored, toTold } from './values.ts'

type Row = Record<string, StoredValue>

interface Version {
  row: EntityRow
  /** Blocks: from the first on, up to the one that changed it. */
  from: bigint
  to: bigint | null
}

/** Entities of a type whose last asked version is kept in memory: the rows of a page name the same few topics and grants. */
const REMEMBERED = 4_096

/** Shapes of questions whose statements are kept; lists of many lengths are as many shapes. */
const SHAPES = 100

export class Versions {
  readonly #type: EntityType
  readonly #rows: string
  readonly #prepare: (sql: string) => Database.Statement
  readonly #remembered = new LRUCache<string, Version>({ max: REMEMBERED })
  readonly #questions = new LRUCache<string, Database.Statement>({ max: SHAPES })
  readonly #present: Database.Statement
  readonly #now: Database.Statement
  readonly #then: Database.Statement
  readonly #insert: Database.Statement
  readonly #drop: Database.Statement
  readonly #close: Database.Statement
  readonly #deleteAbove: Database.Statement
  readonly #reopen: Database.Statement

  constructor(sqlite: Database.Database, type: EntityType) {
    this.#type = type
    this.#prepare = (sql) => sqlite.prepare(sql)
    const table = `"entity_${type.name}"`
    const [from, to] = [`"${VERSION.from}"`, `"${VERSION.to}"`]
    const fields = [...type.fields.keys()].map((name) => `"${name}"`)
    const isNow = `id = ? AND ${to} IS NULL`
    const prepare = this.#prepare
    const rows = selectRows(type)
    this.#rows = rows
    this.#present = prepare(`SELECT ${fields.join(', ')} FROM ${table} WHERE ${isNow}`)
    this.#now = prepare(`${rows} WHERE ${isNow}`).raw()
    const ranged = selectRows(type, [from, to])
    this.#then = prepare(`${ranged} WHERE id = ? AND ${from} <= ? AND (${to} IS NULL OR ${to} > ?)`).raw()
    const places = ['?', ...fields.map(() => '?')].join(', ')
    this.#insert = prepare(`INSERT INTO ${table}(${from}, ${fields.join(', ')}) VALUES(${places})`)
    this.#drop = prepare(`DELETE FROM ${table} WHERE ${isNow} AND ${from} >= ?`)
    this.#close = prepare(`UPDATE ${table} SET ${to} = ? WHERE ${isNow}`)
    this.#deleteAbove = prepare(`DELETE FROM ${table} WHERE ${from} > ?`)
    this.#reopen = prepare(`UPDATE ${table} SET ${to} = NULL WHERE ${to} > ?`)
  }

  /** What a mapping goes on from. */
  present(id: Uint8Array): Map<string, EntityValue> | undefined {
    const row = this.#present.get(bytesToDriver(id)) as Row | undefined
    if (row === undefined) return undefined
    const read = new Map<string, EntityValue>()
    for (const { name, kind } of this.#type.fields.values()) {
      const value = row[name]
      if (value !== null && value !== undefined) read.set(name, fromStored(kind, value))
    }
    return read
  }

  /** The version that stood at `block`; the present one without it. `id`: hex, as rows tell it. */
  at(id: string, block?: number): EntityRow | undefined {
    // However it is spelled: a version that is remembered twice would be forgotten once.
    if (block !== undefined) return this.#versionAt(id.toLowerCase(), BigInt(block))?.row
    const row = this.#now.get(hexToDriver(id))
    return row === undefined ? undefined : this.#read(row as StoredValue[])
  }

  #versionAt(id: string, block: bigint): Version | undefined {
    const known = this.#remembered.get(id)
    if (known !== undefined && known.from <= block && (known.to === null || known.to > block)) return known
    const found = this.#then.get(hexToDriver(id), block, block) as StoredValue[] | undefined
    if (found === undefined) return undefined
    const [from, to] = found.slice(-2) as [bigint, bigint | null]
    const version = { row: this.#read(found), from, to }
    this.#remembered.set(id, version)
    return version
  }

  /** Throws RangeError for a field that the entity does not have. */
  query(query: EntityQuery): EntityRow[] {
    const { sql, values } = prepareQuery(this.#type, this.#rows, query)
    return this.#statement(sql)
      .all(...values)
      .map((row) => this.#read(row as StoredValue[]))
  }

  #statement(sql: string): Database.Statement {
    const known = this.#questions.get(sql)
    if (known !== undefined) return known
    const prepared = this.#prepare(sql).raw()
    this.#questions.set(sql, prepared)
    return prepared
  }

  /** A version written in the same block is replaced: nobody can ask for the middle of a block. */
  write(id: Uint8Array, entity: ReadonlyMap<string, EntityValue>, block: number): void {
    if (!this.#type.isImmutable) {
      const key = bytesToDriver(id)
      this.#remembered.delete(`0x${key.toString('hex')}`)
      this.#drop.run(key, block)
      this.#close.run(block, key)
    }
    this.#insert.run(block, ...[...this.#type.fields.keys()].map((name) => toStored(entity.get(name))))
  }

  revertTo(block: number): void {
    this.#remembered.clear()
    this.#deleteAbove.run(block)
    if (!this.#type.isImmutable) this.#reopen.run(block)
  }

  #read(row: readonly StoredValue[]): EntityRow {
    const read: Record<string, EntityRow[string]> = {}
    let column = 0
    for (const { name, kind } of this.#type.fields.values()) {
      const value = row[column++]
      if (value !== null && value !== undefined) read[name] = toTold(kind, value)
    }
    return read
  }
}
