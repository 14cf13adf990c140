/** @module The port's conditions as Graph Node's filters, and its rows as ours. Values travel as variables only. */
import { type Hex, toHex } from '../../../domain/bytes.ts'
import type { Condition, EntityQuery, EntityRow, EntityValue, FieldCondition } from '../../../subgraph/engine/port.ts'
import type { EntityType } from '../../../subgraph/engine/schema.ts'

type Filter = Record<string, unknown>
export type GraphNodeRow = Readonly<Record<string, unknown>>

const SUFFIX = { eq: '', in: '_in', gt: '_gt', gte: '_gte', lt: '_lt', lte: '_lte' } as const

/** One filter of `and`s alone: Graph Node takes no `or` beside a field. */
export function filterOf(conditions: readonly Condition[]): Filter {
  return { and: conditions.map((one) => ('anyOf' in one ? { or: one.anyOf.map(filterOf) } : fieldFilter(one))) }
}

function fieldFilter({ field, is, value }: FieldCondition): Filter {
  const isList = Array.isArray(value)
  return { [`${field}${SUFFIX[is]}`]: isList ? value.map(textOf) : textOf(value as EntityValue) }
}

const textOf = (value: EntityValue): unknown => {
  if (value instanceof Uint8Array) return toHex(value)
  return typeof value === 'bigint' ? value.toString() : value
}

/** The question for a page of entities, as a document and its variables. */
export function listQuestion(type: EntityType, query: EntityQuery): { document: string; variables: object } {
  const { where = [], orderBy, direction, first, block } = query
  const bounds = 'where: $where, first: $first, block: $block, orderBy: $by, orderDirection: $direction'
  const declared = `$where: ${type.name}_filter!, $first: Int!, $block: Block_height, $by: ${type.name}_orderBy!`
  const document = `query($direction: OrderDirection!, ${declared}) { rows: ${pluralOf(type.name)}(${bounds}) { ${fieldsOf(type)} } }`
  const at = block === undefined ? {} : { block: { number: block } }
  const filter = where.length === 0 ? {} : filterOf(where)
  return { document, variables: { where: filter, first, by: orderBy, direction, ...at } }
}

/** The question for one entity. */
export function oneQuestion(type: EntityType, id: Hex, block: number) {
  const document = `query($id: ID!, $block: Block_height) { row: ${small(type.name)}(id: $id, block: $block) { ${fieldsOf(type)} } }`
  return { document, variables: { id, block: { number: block } } }
}

/** Bytes and numbers come as text, a reference as the entity that it names. */
export function toRow(type: EntityType, row: GraphNodeRow): EntityRow {
  const fields = [...type.fields.values()].flatMap(({ name, kind, isReference }) => {
    const value = isReference ? (row[name] as { id: unknown } | null)?.id : row[name]
    if (value === null || value === undefined) return []
    return [[name, kind === 'BigInt' ? BigInt(value as string) : (value as EntityRow[string])] as const]
  })
  return Object.fromEntries(fields)
}

const fieldsOf = ({ fields }: EntityType): string =>
  [...fields.values()].map(({ name, isReference }) => (isReference ? `${name} { id }` : name)).join(' ')

const small = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** As Graph Node names a list of the type. */
export function pluralOf(name: string): string {
  const one = small(name)
  if (/[^aeiou]y$/.test(one)) return `${one.slice(0, -1)}ies`
  return /(s|x|ch|sh)$/.test(one) ? `${one}es` : `${one}s`
}
