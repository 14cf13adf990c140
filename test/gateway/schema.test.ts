import {
  buildSchema,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { Action, DenialReason, LawfulBasis, Outcome, RecorderState, Right } from '../../domain/enums.ts'
import { typeDefinitions } from '../../gateway/schema/type-definitions.ts'

const schema = buildSchema(typeDefinitions)
const types = Object.values(schema.getTypeMap()).filter(
  ({ name, astNode }) => astNode !== undefined && !name.startsWith('__'),
)

function* partsOf(type: GraphQLNamedType): Generator<{ name: string; description?: string | null | undefined }> {
  yield type
  if (isEnumType(type))
    yield* type.getValues().map(({ name, description }) => ({ name: `${type.name}.${name}`, description }))
  if (!isObjectType(type) && !isInputObjectType(type)) return
  for (const field of Object.values(type.getFields())) {
    const name = `${type.name}.${field.name}`
    yield { name, description: field.description }
    if ('args' in field)
      yield* (field as GraphQLField<unknown, unknown>).args.map((arg) => ({
        name: `${name}(${arg.name})`,
        description: arg.description,
      }))
  }
}

describe('the schema', () => {
  test('describes every type, field, argument and value', () => {
    const parts = types.flatMap((type) => [...partsOf(type)])
    expect(parts.length).toBeGreaterThan(150)
    expect(parts.filter(({ description }) => !description).map(({ name }) => name)).toEqual([])
  })

  test.each([
    ['Action', { ...Action, UNKNOWN: 0 }],
    ['Outcome', { ...Outcome, UNKNOWN: 0 }],
    ['DenialReason', { ...DenialReason, UNKNOWN: 0 }],
    ['Right', Right],
    ['LawfulBasis', LawfulBasis],
    ['RecorderState', RecorderState],
  ])('has the names of domain for %s', (name, table) => {
    const names = (schema.getType(name) as GraphQLEnumType).getValues().map((value) => value.name)
    expect(names.sort()).toEqual(
      Object.keys(table)
        .filter((key) => key !== 'NONE')
        .sort(),
    )
  })
})
