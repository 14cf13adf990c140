/**
 * @module Compiles the contracts with the npm compiler, the same settings everywhere: for the ABI, the deployed code and
 * Hardhat's tests (hardhat.config.ts).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export const SOLC_SETTINGS = {
  evmVersion: 'prague',
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000 },
  metadata: { bytecodeHash: 'none', appendCBOR: false },
} as const

export interface CompiledContract {
  abi: readonly AbiItem[]
  bytecode: `0x${string}`
  deployedBytecode: `0x${string}`
  /** Where immutables stand in the deployed code: the bytes that differ from one deployment to the next. */
  immutables: { name: string; start: number; length: number }[]
  storageLayout: StorageLayout
  compiler: string
}

export interface StorageVariable {
  label: string
  slot: string
  offset: number
  type: string
}

/** The compiler's own words for where each variable is kept. */
export interface StorageLayout {
  storage: StorageVariable[]
  types: Record<string, { encoding: string; label: string; numberOfBytes: string; members?: StorageVariable[] }>
}

export interface AbiItem {
  type: string
  name?: string
  inputs?: { name: string; type: string; indexed?: boolean }[]
}

const ROOT = join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)

/** Returns the compiled FlyTrap. Throws with the compiler's words when it does not compile. */
export function compileFlyTrap(solcSettings: object = SOLC_SETTINGS): CompiledContract {
  const solc = require('solc')
  const sources = Object.fromEntries(
    readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.sol'))
      .map((file) => [`contracts/${file}`, { content: readFileSync(join(import.meta.dirname, file), 'utf8') }]),
  )
  const selection = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode', 'storageLayout']
  const settings = { ...solcSettings, outputSelection: { '*': { FlyTrap: selection, '': ['ast'] } } }
  const input = JSON.stringify({ language: 'Solidity', sources, settings })
  const output = JSON.parse(solc.compile(input, { import: readSource }))
  const errors = (output.errors ?? []).filter((e: { severity: string }) => e.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((e: { formattedMessage: string }) => e.formattedMessage).join('\n'))

  const { abi, evm, storageLayout } = output.contracts['contracts/FlyTrap.sol'].FlyTrap
  return {
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
    immutables: namedImmutables(output.sources, evm.deployedBytecode.immutableReferences ?? {}),
    storageLayout: layoutOf(storageLayout),
    compiler: solc.version(),
  }
}

/** Without the numbers of syntax nodes, which change with every line that is written anywhere. */
function layoutOf({ storage, types }: StorageLayout): StorageLayout {
  const plain = ({ label, slot, offset, type }: StorageVariable): StorageVariable => ({
    label,
    slot,
    offset,
    type: withoutIds(type),
  })
  const entries = Object.entries(types).map(([name, type]) => {
    const members = type.members === undefined ? {} : { members: type.members.map(plain) }
    return [withoutIds(name), { ...type, ...members }] as const
  })
  return { storage: storage.map(plain), types: Object.fromEntries(entries) }
}

const withoutIds = (type: string): string => type.replaceAll(/\)\d+_storage/g, ')_storage')

/** The compiler refers to immutables by the ids of their declarations. */
function namedImmutables(
  sources: unknown,
  references: Record<string, { start: number; length: number }[]>,
): CompiledContract['immutables'] {
  const names = new Map<string, string>()
  JSON.stringify(sources, (_key, node) => {
    if (node?.nodeType === 'VariableDeclaration') names.set(String(node.id), node.name)
    return node
  })
  const places = Object.entries(references).flatMap(([id, found]) =>
    found.map((place) => ({ name: names.get(id) ?? id, ...place })),
  )
  return places.sort((a, b) => a.start - b.start)
}

function readSource(path: string): { contents: string } {
  return { contents: readFileSync(join(ROOT, path.startsWith('@') ? 'node_modules' : '', path), 'utf8') }
}
