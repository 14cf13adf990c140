/**
 * @module `npm run generate`: writes what stands in one place only into the languages that need it. Enum numbers come
 * from domain/enums.ts, the ABI from the compiler. The files are committed; a test finds them fresh.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ENUMS } from '../domain/enums.ts'
import { type AbiItem, type CompiledContract, compileFlyTrap } from './compile.ts'

const ROOT = join(import.meta.dirname, '..')
// biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a TypeScript type
const HEX_TYPE = '`0x${string}`'
const NOTICE = 'Generated from domain/enums.ts by `npm run generate`. Do not edit.'

/** Returns every generated file by its path from the root. Enums come first: the Solidity imports them. */
export function generateEnums(): Record<string, string> {
  return { 'contracts/Enums.sol': solidityEnums(), 'subgraph/mappings/enums.ts': assemblyScriptEnums() }
}

export function generateAbi({ storageLayout, ...compiled }: CompiledContract): Record<string, string> {
  return {
    'contracts/abi/FlyTrap.json': `${JSON.stringify(compiled, null, 1)}\n`,
    'contracts/abi/storage-layout.json': `${JSON.stringify(storageLayout, null, 1)}\n`,
    'contracts/abi/event-types.ts': eventTypes(compiled.abi),
  }
}

function solidityEnums(): string {
  const { Right, LawfulBasis, CountryRule, Income, RecorderState } = ENUMS
  const constants = [
    ...Object.entries(Right),
    ['BOTH_RIGHTS', Right.PUBLISH | Right.SUBSCRIBE],
    ['LEGITIMATE_INTERESTS', LawfulBasis.LEGITIMATE_INTERESTS],
    ...prefixed('COUNTRIES', CountryRule),
    ...prefixed('INCOME', Income),
    ...prefixed('RECORDER', RecorderState),
  ]
  const lines = constants.map(([name, value]) => `uint8 constant ${name} = ${value};`)
  return `// SPDX-License-Identifier: Apache-2.0\n// ${NOTICE}\npragma solidity 0.8.37;\n\n${lines.join('\n')}\n`
}

const prefixed = (prefix: string, numbers: Record<string, number>): [string, number][] =>
  Object.entries(numbers).map(([name, value]) => [`${prefix}_${name}`, value])

/** AssemblyScript has no objects: one function a table. A number that no table knows is kept as `UNKNOWN_<number>`. */
function assemblyScriptEnums(): string {
  const functions = Object.entries(ENUMS).map(([table, numbers]) => {
    const name = `${table[0]?.toLowerCase()}${table.slice(1)}Name`
    const cases = Object.entries(numbers).map(([key, value]) => `  if (value == ${value}) return "${key}"`)
    return `export function ${name}(value: i32): string {\n${cases.join('\n')}\n  return "UNKNOWN_" + value.toString()\n}`
  })
  return `// ${NOTICE}\n\n${functions.join('\n\n')}\n`
}

function eventTypes(abi: readonly AbiItem[]): string {
  const events = abi.filter(({ type }) => type === 'event')
  const types = events.map(({ name, inputs = [] }) => {
    const fields = inputs.map((input) => `${input.name}: ${typeScriptType(input.type)}`)
    return `  ${name}: { ${fields.join('; ')} }`
  })
  return `// Generated from the ABI by \`npm run generate\`. Do not edit.\n\n/** The arguments of every event: numbers up to 48 bits, bigint above, bytes and addresses as lower-case hex. */\nexport interface EventArgs {\n${types.join('\n')}\n}\n`
}

function typeScriptType(type: string): string {
  const bits = /^uint(\d+)$/.exec(type)?.[1]
  if (bits !== undefined) return Number(bits) <= 48 ? 'number' : 'bigint'
  if (type === 'string') return 'string'
  return type === 'bool' ? 'boolean' : HEX_TYPE
}

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}

if (import.meta.main) {
  write(generateEnums())
  write(generateAbi(compileFlyTrap()))
}
