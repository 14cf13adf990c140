/** @module The entities as SQLite tables, made from the schema: each row is one version, with the blocks it stood for. */
import type Database from 'better-sqlite3'
import type { EntitySchema, FieldKind } from '../schema.ts'

/** Versions are named `$…`: no field of a GraphQL type can be. */
export const VERSION = { id: '$vid', from: '$from', to: '$to' } as const

const SQL_TYPE: Record<FieldKind, string> = { String: 'TEXT', Boolean: 'INTEGER', Bytes: 'BLOB', BigInt: 'INTEGER' }

/**
 * What the gateway filters and sorts by; every index costs each write. Records that name no topic are mostly CONNECTs:
 * their actions tell them apart.
 */
const INDEXED: Record<string, readonly string[]> = {
  AccessRecord: ['cursor', 'topicId', 'topicId+action', 'account'],
  Batch: ['cursor', 'transaction', 'recorder'],
  Grant: ['cursor', 'topic', 'grantee'],
  Topic: ['cursor', 'filter'],
  Payment: ['cursor', 'account', 'topic'],
  DeviceKey: ['owner'],
  Auditor: ['cursor', 'topicId'],
}

/** Few records are sealed, and those are asked for by nothing else. */
const PARTLY_INDEXED: Record<string, readonly string[]> = { AccessRecord: ['sealed'] }

/**
 * Makes the tables, unless the file has those of the same `identity`. Those of another history, whose columns may be others,
 * are dropped: it can be made anew.
 */
export function createTables(sqlite: Database.Database, schema: EntitySchema, identity: string): void {
  sqlite.exec('CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)')
  const stored = sqlite.prepare('SELECT value FROM meta WHERE key = ?').pluck().get('identity')
  if (stored === identity) return
  const old = sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'").pluck().all()
  for (const name of old) sqlite.exec(`DROP TABLE "${name}"`)
  makeTables(sqlite, schema)
  sqlite.prepare('INSERT OR REPLACE INTO meta VALUES(?, ?)').run('identity', identity)
}

function makeTables(sqlite: Database.Database, schema: EntitySchema): void {
  sqlite.exec('CREATE TABLE blocks(number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL)')
  for (const { name, fields, isImmutable } of schema.values()) {
    const columns = [...fields.values()].map((field) => `"${field.name}" ${SQL_TYPE[field.kind]}`).join(', ')
    const versions = `"${VERSION.id}" INTEGER PRIMARY KEY, "${VERSION.from}" INTEGER NOT NULL, "${VERSION.to}" INTEGER`
    const table = `"entity_${name}"`
    sqlite.exec(`CREATE TABLE ${table}(${versions}, ${columns})`)
    sqlite.exec(`CREATE UNIQUE INDEX "${name}_now" ON ${table}(id) WHERE "${VERSION.to}" IS NULL`)
    sqlite.exec(`CREATE INDEX "${name}_from" ON ${table}("${VERSION.from}")`)
    const closed = `ON ${table}("${VERSION.to}") WHERE "${VERSION.to}" IS NOT NULL`
    if (!isImmutable) sqlite.exec(`CREATE INDEX "${name}_to" ${closed}`)
    // Past versions are found by id too; of what never changes there is only the present one.
    if (!isImmutable) sqlite.exec(`CREATE INDEX "${name}_id" ON ${table}(id, "${VERSION.from}")`)
    for (const field of INDEXED[name] ?? []) {
      const keys = field.split('+').map((one) => `"${one}"`)
      sqlite.exec(`CREATE INDEX "${name}_${field}" ON ${table}(${keys.join(', ')}, "cursor")`)
    }
    for (const field of PARTLY_INDEXED[name] ?? [])
      sqlite.exec(`CREATE INDEX "${name}_${field}" ON ${table}("cursor") WHERE "${field}" = 1`)
  }
}
