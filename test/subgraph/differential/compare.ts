/** @module Every entity and every field of both indexers, side by side, as of a block. */
import { fromHex, type Hex } from '../../../domain/bytes.ts'
import { pluralOf } from '../../../gateway/audit-store/graph-node/questions.ts'
import type { Engine, EntityRow } from '../../../subgraph/engine/port.ts'
import type { EntitySchema, EntityType } from '../../../subgraph/engine/schema.ts'
import type { TestGraphNode } from '../../support/graph-node.ts'

export interface Compared {
  entities: number
  differences: string[]
}

const PAGE = 1_000

type Row = Readonly<Record<string, unknown>>

interface Sides {
  graphNode: TestGraphNode
  schema: EntitySchema
}

/** Asks both for all entities of all types, page by page in the order of their ids. */
export async function compareAt(engine: Engine, sides: Sides, block: number): Promise<Compared> {
  const sum: Compared = { entities: 0, differences: [] }
  const theirs = await allTheirs(sides, block)
  for (const type of sides.schema.values()) {
    const their = theirs.get(type.name) ?? new Map<string, Row>()
    sum.entities += their.size
    const found = differences(type, allOurs(engine, type, block), their)
    sum.differences.push(...found.map((text) => `block ${block}: ${text}`))
  }
  return sum
}

function differences(type: EntityType, ours: Map<string, Row>, theirs: Map<string, Row>): string[] {
  const ids = [...new Set([...ours.keys(), ...theirs.keys()])]
  return ids.flatMap((id) => {
    const [our, their] = [ours.get(id), theirs.get(id)]
    if (our === undefined || their === undefined)
      return [`${type.name} ${id}: only ${our ? 'the engine' : 'Graph Node'}`]
    return [...type.fields.keys()].flatMap((field) => {
      const isSame = (our[field] ?? null) === (their[field] ?? null)
      return isSame ? [] : [`${type.name} ${id} ${field}: engine ${our[field]}, Graph Node ${their[field]}`]
    })
  })
}

function allOurs(engine: Engine, { name }: EntityType, block: number): Map<string, Row> {
  const found = new Map<string, Row>()
  for (let after: Hex | undefined; ; ) {
    const where = after === undefined ? [] : [{ field: 'id', is: 'gt', value: fromHex(after) } as const]
    const page = engine.query(name, { where, orderBy: 'id', direction: 'asc', first: PAGE, block })
    for (const row of page) found.set(row.id as Hex, asText(row))
    if (page.length < PAGE) return found
    after = page.at(-1)?.id as Hex
  }
}

/** As Graph Node writes values: numbers in decimal. */
const asText = (row: EntityRow): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )

/** One question for all types at once, and again for those of which there is more. */
async function allTheirs({ graphNode, schema }: Sides, block: number): Promise<Map<string, Map<string, Row>>> {
  const found = new Map([...schema.keys()].map((name) => [name, new Map<string, Row>()]))
  const after = new Map([...schema.keys()].map((name) => [name, '0x']))
  while (after.size > 0) {
    const asked = [...after].map(([name, id]) => listOf(schema.get(name)!, { id, block }))
    const lists = await graphNode.ask<Record<string, Row[]>>(`{ ${asked.join(' ')} }`)
    for (const [name, rows] of Object.entries(lists)) {
      for (const row of rows) found.get(name)?.set(row.id as string, flat(row))
      if (rows.length < PAGE) after.delete(name)
      else after.set(name, rows.at(-1)?.id as string)
    }
  }
  return found
}

function listOf({ name, fields }: EntityType, from: { id: string; block: number }): string {
  const asked = [...fields.values()].map((field) => (field.isReference ? `${field.name} { id }` : field.name))
  const where = `where: { id_gt: "${from.id}" }, orderBy: id, first: ${PAGE}, block: { number: ${from.block} }`
  return `${name}: ${pluralOf(name)}(${where}) { ${asked.join(' ')} }`
}

const flat = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, (value as { id?: unknown } | null)?.id ?? value]),
  )
