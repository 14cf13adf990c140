/** @module Queries of somebody who means no good, made from a seed: too deep, too wide, too long, broken, and nearly right. */
import { buildSchema, type GraphQLObjectType, getNamedType, isEnumType, isObjectType } from 'graphql'
import { typeDefinitions } from '../../gateway/schema/type-definitions.ts'

export type Random = () => number

export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const schema = buildSchema(typeDefinitions)
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ')

/** Returns the body of a request. */
export function hostileBody(random: Random): string {
  const kind = pick(random, Object.values(KINDS))
  const body = kind(random)
  return typeof body === 'string' ? JSON.stringify({ query: body, variables: variables(random) }) : body.raw
}

const KINDS: Record<string, (random: Random) => string | { raw: string }> = {
  walked: (random) =>
    `{ ${fieldsOf(schema.getQueryType() as GraphQLObjectType, random, 2 + Math.floor(random() * 12))} }`,
  mutated: (random) => mutate(KINDS.walked?.(random) as string, random),
  deep: (random) => nested(1 + Math.floor(random() * 3_000)),
  aliases: (random) =>
    `{ ${times(Math.floor(random() * 800), (i) => `a${i}: accessRecords(first: 1000) { nodes { id } }`)} }`,
  directives: (random) => `{ status { chainId ${'@include(if: true) '.repeat(Math.floor(random() * 500))} } }`,
  fragmentCycle: () => '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
  fragmentBomb: (random) => bomb(5 + Math.floor(random() * 20)),
  introspection: (random) => `{ __schema { types { ${'fields { type { '.repeat(Math.floor(random() * 30))} name`,
  schemaBomb: (random) =>
    `{ __schema { types { fields { type { ${'ofType { '.repeat(8)} name ${'} '.repeat(8)} } args { name } } ${times(Math.floor(random() * 40), (i) => `f${i}: fields { name description }`)} } } }`,
  huge: (random) =>
    `{ topic(filter: "${pick(random, ['a/', '😀', '\\u0000', '+/', '"'.repeat(2), '#'])}${'x'.repeat(Math.floor(random() * 90_000))}") { id } }`,
  lists: (random) =>
    `query($w: AccessWhere) { accessRecords(where: $w, first: ${Math.floor(random() * 3_000)}) { nodes { proof { batch { recordBytes } } evidence { inclusion { path } } } } }`,
  operations: (random) => times(Math.floor(random() * 300), (i) => `query Q${i} { status { chainId } }`),
  batch: (random) => ({
    raw: `[${times(Math.floor(random() * 500), () => '{"query":"{__typename}"},')}{"query":"{__typename}"}]`,
  }),
  nestedJson: (random) => ({
    raw: `{"query":"query($w: AccessWhere){accessRecords(where:$w){nodes{id}}}","variables":{"w":${'['.repeat(Math.floor(random() * 20_000))}`,
  }),
  polluted: () => ({
    raw: '{"query":"{__typename}","__proto__":{"x":1},"variables":{"constructor":{"prototype":{}}}}',
  }),
  noise: (random) => ({
    raw: times(Math.floor(random() * 2_000), () => String.fromCharCode(Math.floor(random() * 0xffff))),
  }),
  mutation: (random) =>
    `mutation { ${times(1 + Math.floor(random() * 20), (i) => `e${i}: eraseEvidence(input: { topic: "#" }) { id }`)} }`,
}

const nested = (depth: number): string =>
  `{ topics { nodes { ${'owner { topics { nodes { '.repeat(depth)} id ${'} } } '.repeat(depth)} } } }`
const bomb = (size: number): string =>
  `{ ...F0 } ${times(size, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F${size} on Query { status { chainId } }`

const VALUES = [
  'null',
  '0',
  '-1',
  '1000',
  '99999999999',
  '1.5',
  'true',
  '""',
  '"0x"',
  '"0x00"',
  '"2026-13-01"',
  '"home/#"',
  '[]',
  '{}',
  '$v',
  '[[1]]',
  'ALLOWED',
  `"${'é'.repeat(50)}"`,
]

/** Fields of a type, down to `depth`, with arguments that fit or do not. */
function fieldsOf(type: GraphQLObjectType, random: Random, depth: number): string {
  const fields = Object.values(type.getFields())
  const chosen = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, fields))
  return chosen
    .map(({ name, args, type: result }, i) => {
      const given = args
        .filter(() => random() < 0.4)
        .map((arg) => `${arg.name}: ${valueFor(arg.type.toString(), random)}`)
      const named = getNamedType(result)
      const below = isObjectType(named)
        ? depth > 0
          ? ` { ${fieldsOf(named, random, depth - 1)} }`
          : ' { __typename }'
        : ''
      return `${random() < 0.3 ? `x${i}: ` : ''}${name}${given.length === 0 ? '' : `(${given.join(', ')})`}${below}`
    })
    .join(' ')
}

function valueFor(type: string, random: Random): string {
  if (random() < 0.3) return pick(random, VALUES)
  const name = type.replace(/[[\]!]/g, '')
  const named = schema.getType(name)
  if (isEnumType(named)) return pick(random, named.getValues()).name
  if (name === 'Int') return String(Math.floor(random() * 1_100))
  if (name === 'Address') return `"0x${'ab'.repeat(20)}"`
  if (name === 'Bytes') return `"0x${'cd'.repeat(32)}"`
  if (name === 'Time') return '"2026-11-01T00:00:00Z"'
  if (name === 'AsOf') return pick(random, ['{ block: "3" }', '{ time: "2026-11-01" }', '{}'])
  if (name === 'BigInt') return `"${Math.floor(random() * 5)}"`
  if (name === 'String') return pick(random, ['"home/kitchen"', '"#"', '"a//b"', '"$SYS/#"'])
  return pick(random, ['{ topic: "home/#" }', '{ outcome: DENIED, from: "2026-01-01" }', '{}'])
}

function mutate(text: string, random: Random): string {
  const at = Math.floor(random() * text.length)
  const noise = pick(random, ['{', '}', '(', '"', '"""', '...', '@', '$', '\u0000', '\ufeff', '#', '!', '|', ':'])
  return random() < 0.5
    ? text.slice(0, at) + noise + text.slice(at)
    : text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 5))
}

const variables = (random: Random): unknown =>
  pick(random, [
    {},
    null,
    { v: 5 },
    { w: { account: 1 } },
    { w: { topic: '#'.repeat(100) } },
    { v: { toString: 1 } },
    [1, 2],
  ])
