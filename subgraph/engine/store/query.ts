/** @module The small query language of the port as SQL over entity versions. Names are checked against the schema. */
import type { Condition, EntityQuery, EntityValue, FieldCondition } from '../port.ts'
import type { EntityType } from '../schema.ts'
import { VERSION } from './tables.ts'
import { type StoredValue, toStored } from './values.ts'

/** One of few shapes, with a place for each value: prepared once. */
export interface PreparedQuery {
  sql: string
  values: StoredValue[]
}

/** `rows`: what {@link selectRows} gave. Throws RangeError for a field that the entity does not have. */
export function prepareQuery(
  type: EntityType,
  rows: string,
  { where = [], orderBy, direction, first, block }: EntityQuery,
): PreparedQuery {
  const values: StoredValue[] = []
  const place = (value: EntityValue): string => {
    values.push(toStored(value))
    return '?'
  }
  const conditions = [standing(block, place), ...where.map((condition) => toSql(type, condition, place))]
  const order = `${columnOf(type, orderBy)} ${direction === 'asc' ? 'ASC' : 'DESC'}`
  // Of a place alone SQLite would look up the value, and plan the statement anew each time one is bound.
  const limit = `${place(BigInt(first))} + 0`
  return { sql: `${rows} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${limit}`, values }
}

/** The columns of an {@link EntityRow} in the order of the fields. SQLite writes hex faster than buffers are made. */
export function selectRows({ name, fields }: EntityType, more: readonly string[] = []): string {
  const columns = [...fields.values()].map((field) => {
    const column = `"${field.name}"`
    return field.kind === 'Bytes' ? `iif(${column} IS NULL, NULL, '0x' || lower(hex(${column})))` : column
  })
  return `SELECT ${[...columns, ...more].join(', ')} FROM "entity_${name}"`
}

type Place = (value: EntityValue) => string

/** Which versions stood at `block`, included. */
function standing(block: number | undefined, place: Place): string {
  const [from, to] = [`"${VERSION.from}"`, `"${VERSION.to}"`]
  if (block === undefined) return `${to} IS NULL`
  return `${from} <= ${place(BigInt(block))} AND (${to} IS NULL OR ${to} > ${place(BigInt(block))})`
}

function toSql(type: EntityType, condition: Condition, place: Place): string {
  if (!('anyOf' in condition)) return compare(type, condition, place)
  const all = condition.anyOf.map((list) => `(${list.map((one) => compare(type, one, place)).join(' AND ')})`)
  return `(${all.join(' OR ')})`
}

const OPERATOR = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

function compare(type: EntityType, { field, is, value }: FieldCondition, place: Place): string {
  const column = columnOf(type, field)
  if (is === 'in') return `${column} IN (${(value as readonly EntityValue[]).map(place).join(', ')})`
  // A partial index serves only what is written out.
  if (typeof value === 'boolean' && is === 'eq') return `${column} = ${value ? 1 : 0}`
  return `${column} ${OPERATOR[is]} ${place(value as EntityValue)}`
}

function columnOf(type: EntityType, name: string): string {
  if (!type.fields.has(name)) throw new RangeError(`no such field: ${name}`)
  return `"${name}"`
}
