import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  printSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import {
  Action,
  CountryRule,
  DenialReason,
  Income,
  LawfulBasis,
  Outcome,
  RecorderState,
  ReportKind,
  Right,
} from '../../domain/enums.ts'
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
  test('is the published one: it changes only on purpose, by npm run generate', () => {
    const published = readFileSync(new URL('../../gateway/schema/published.graphql', import.meta.url), 'utf8')
    expect(`${printSchema(schema)}\n`).toBe(published)
  })

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
    ['CountryRule', CountryRule],
    ['Income', { ...Income, UNKNOWN: 0 }],
    ['ReportKind', { ...ReportKind, UNKNOWN: 0 }],
  ])('has the names of domain for %s', (name, table) => {
    const names = (schema.getType(name) as GraphQLEnumType).getValues().map((value) => value.name)
    expect(names.sort()).toEqual(
      Object.keys(table)
        .filter((key) => key !== 'NONE')
        .sort(),
    )
  })
})
