/** @module schema.graphql to the entities that are stored. What our schema does not use is refused at start. */
import { type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode, parse, type TypeNode } from 'graphql'

export type FieldKind = 'String' | 'Bytes' | 'BigInt' | 'Boolean'

export interface EntityField {
  name: string
  kind: FieldKind
  /** It names another entity, by its id. */
  isReference: boolean
  isRequired: boolean
}

export interface EntityType {
  name: string
  /** Written once, never touched again. */
  isImmutable: boolean
  fields: ReadonlyMap<string, EntityField>
}

export type EntitySchema = ReadonlyMap<string, EntityType>

/** Throws for a type that the engine does not store: lists, numbers of other kinds, interfaces. */
export function readSchema(text: string): EntitySchema {
  const nodes = parse(text).definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION)
  const names = new Set(nodes.map((node) => node.name.value))
  return new Map(nodes.map((node) => [node.name.value, readEntity(node, names)]))
}

function readEntity(node: ObjectTypeDefinitionNode, entities: ReadonlySet<string>): EntityType {
  const directive = node.directives?.find(({ name }) => name.value === 'entity')
  if (directive === undefined) throw new Error(`type ${node.name.value} is no entity`)
  const immutable = directive.arguments?.find(({ name }) => name.value === 'immutable')?.value
  const fields = (node.fields ?? [])
    .filter((field) => !field.directives?.some(({ name }) => name.value === 'derivedFrom'))
    .map((field) => readField(node.name.value, field, entities))
  return {
    name: node.name.value,
    isImmutable: immutable?.kind === Kind.BOOLEAN && immutable.value,
    fields: new Map(fields.map((field) => [field.name, field])),
  }
}

function readField(entity: string, node: FieldDefinitionNode, entities: ReadonlySet<string>): EntityField {
  const isRequired = node.type.kind === Kind.NON_NULL_TYPE
  const inner: TypeNode = node.type.kind === Kind.NON_NULL_TYPE ? node.type.type : node.type
  if (inner.kind !== Kind.NAMED_TYPE) throw new Error(`${entity}.${node.name.value}: lists are not stored`)
  const type = inner.name.value
  // A reference holds the other entity's id, and all our ids are Bytes.
  const isReference = entities.has(type)
  const kind = isReference ? 'Bytes' : type
  if (!isFieldKind(kind)) throw new Error(`${entity}.${node.name.value}: the engine does not store ${type}`)
  return { name: node.name.value, kind, isReference, isRequired }
}

const isFieldKind = (kind: string): kind is FieldKind => ['String', 'Bytes', 'BigInt', 'Boolean'].includes(kind)
