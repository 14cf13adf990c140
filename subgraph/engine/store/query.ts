/** @module The small query language of the port, over entity versions. Names are checked against the schema. */
import type { SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Condition, EntityQuery, EntityRow, FieldCondition } from '../port.ts'
import { and, asc, desc, eq, gt, gte, inArray, lt, lte, or } from './drizzle.ts'
import { type EntityStore, toRow } from './entity-store.ts'
import type { EntityTable } from './tables.ts'

export function queryEntities(store: EntityStore, entity: string, query: EntityQuery): EntityRow[] {
  const table = store.tableOf(entity)
  const order = columnOf(table, query.orderBy)
  const conditions = (query.where ?? []).map((condition) => toSql(table, condition))
  return store.db
    .select()
    .from(table)
    .where(and(store.standing(table, query.block), ...conditions))
    .orderBy(query.direction === 'asc' ? asc(order) : desc(order))
    .limit(query.first)
    .all()
    .map(toRow)
}

function toSql(table: EntityTable, condition: Condition): SQL | undefined {
  if (!('anyOf' in condition)) return compare(table, condition)
  return or(...condition.anyOf.map((all) => and(...all.map((one) => compare(table, one)))))
}

function compare(table: EntityTable, { field, is, value }: FieldCondition): SQL {
  const column = columnOf(table, field)
  switch (is) {
    case 'eq':
      return eq(column, value)
    case 'in':
      return inArray(column, [...(value as readonly unknown[])])
    case 'gt':
      return gt(column, value)
    case 'gte':
      return gte(column, value)
    case 'lt':
      return lt(column, value)
    case 'lte':
      return lte(column, value)
  }
}

function columnOf(table: EntityTable, name: string): SQLiteColumn {
  const column = table[name]
  if (column === undefined || name.startsWith('$')) throw new RangeError(`no such field: ${name}`)
  return column
}
