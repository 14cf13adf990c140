/** @module The entities as SQLite tables, made from the schema: each row is one version, with the blocks it stood for. */
import type Database from 'better-sqlite3'
import type { SQLiteColumn, SQLiteTableWithColumns } from 'drizzle-orm/sqlite-core'
import type { EntityField, EntitySchema, EntityType, FieldKind } from '../schema.ts'
import { sqlite } from './drizzle.ts'

const { customType, integer, sqliteTable, text } = sqlite

/** Bytes without Node's Buffer in what readers get. */
const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'blob',
  toDriver: (value) => Buffer.from(value),
  fromDriver: (value) => Uint8Array.from(value),
})

/** Every BigInt of our contract fits 63 bits: times, counts, sequences, cursors. */
const int64 = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' })

// biome-ignore lint/suspicious/noExplicitAny: the columns come from schema.graphql at run time
export type EntityTable = SQLiteTableWithColumns<any> & Record<string, SQLiteColumn>

/** Versions are named `$…`: no field of a GraphQL type can be. */
export const VERSION = { id: '$vid', from: '$from', to: '$to' } as const

export function entityTables(schema: EntitySchema): Map<string, EntityTable> {
  return new Map([...schema].map(([name, type]) => [name, entityTable(type)]))
}

function entityTable({ name, fields }: EntityType): EntityTable {
  return sqliteTable(`entity_${name}`, {
    [VERSION.id]: integer(VERSION.id).primaryKey({ autoIncrement: true }),
    [VERSION.from]: integer(VERSION.from).notNull(),
    [VERSION.to]: integer(VERSION.to),
    ...Object.fromEntries([...fields.values()].map((field) => [field.name, column(field)])),
  }) as unknown as EntityTable
}

function column({ name, kind }: EntityField) {
  switch (kind) {
    case 'String':
      return text(name)
    case 'Boolean':
      return integer(name, { mode: 'boolean' })
    case 'Bytes':
      return bytes(name)
    case 'BigInt':
      return int64(name)
  }
}

const SQL_TYPE: Record<FieldKind, string> = { String: 'TEXT', Boolean: 'INTEGER', Bytes: 'BLOB', BigInt: 'INTEGER' }

/**
 * What the gateway filters and sorts by; every index costs each write. Records that name no topic are mostly CONNECTs:
 * their actions tell them apart.
 */
const INDEXED: Record<string, readonly string[]> = {
  AccessRecord: ['cursor', 'topicId', 'topicId+action', 'account'],
  Batch: ['cursor', 'transaction'],
  Grant: ['cursor', 'topic', 'grantee'],
  Topic: ['cursor', 'filter'],
}

/** Makes the tables that are not there yet. */
export function createTables(sqlite: Database.Database, schema: EntitySchema): void {
  sqlite.exec('CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)')
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS blocks(number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL)',
  )
  for (const { name, fields } of schema.values()) {
    const columns = [...fields.values()].map((field) => `"${field.name}" ${SQL_TYPE[field.kind]}`).join(', ')
    const versions = `"${VERSION.id}" INTEGER PRIMARY KEY, "${VERSION.from}" INTEGER NOT NULL, "${VERSION.to}" INTEGER`
    const table = `"entity_${name}"`
    sqlite.exec(`CREATE TABLE IF NOT EXISTS ${table}(${versions}, ${columns})`)
    sqlite.exec(`CREATE UNIQUE INDEX IF NOT EXISTS "${name}_now" ON ${table}(id) WHERE "${VERSION.to}" IS NULL`)
    sqlite.exec(`CREATE INDEX IF NOT EXISTS "${name}_from" ON ${table}("${VERSION.from}")`)
    for (const field of INDEXED[name] ?? []) {
      const keys = field.split('+').map((one) => `"${one}"`)
      sqlite.exec(`CREATE INDEX IF NOT EXISTS "${name}_${field}" ON ${table}(${keys.join(', ')}, "cursor")`)
    }
  }
}
