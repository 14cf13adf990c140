/** Holds the table of DESIGN section 2 true: who may import whom. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
/** The agreement that all else serves: the generated ABI, its codec, and the way to a node. */
const ABI = ['contracts/abi', 'contracts/rpc']

/** The longest matching room decides; `*` may start anything. */
const MAY_IMPORT: Record<string, string[]> = {
  domain: [],
  contracts: [],
  // Enum numbers stand once, in domain; what generates Solidity from them has to read them.
  'contracts/generate.ts': ['domain', 'contracts'],
  records: ['domain', ...ABI],
  proxy: ['domain', 'records', ...ABI],
  'subgraph/engine': ['domain', ...ABI],
  'subgraph/build.ts': [...ABI],
  reports: ['domain', ...ABI],
  gateway: ['domain', 'records', 'reports', 'subgraph/engine', ...ABI],
  cli: ['*'],
  'reports/verify': ['domain', ...ABI],
}

describe('the import table', () => {
  const imports = Object.keys(MAY_IMPORT)
    .map((room) => room.split('/')[0]!)
    .filter((part, i, all) => all.indexOf(part) === i)
    .flatMap((part) => sourcesIn(join(ROOT, part)))
    .flatMap((file) => importsOf(file).map((target) => ({ file: relative(ROOT, file), target })))

  test('finds imports to judge', () => {
    expect(imports.length).toBeGreaterThan(100)
  })

  test('lets every part import only what it may', () => {
    expect(imports.filter(({ file, target }) => !isAllowed(file, target))).toEqual([])
  })

  test.each(['domain', 'contracts', 'records', 'proxy', 'subgraph/engine', 'reports', 'gateway', 'cli'])(
    'lets no files of %s import one another in a circle',
    (part) => {
      const graph = new Map<string, string[]>()
      for (const { file, target } of imports) {
        if (file.startsWith(`${part}/`) && target.startsWith(`${part}/`))
          graph.set(file, [...(graph.get(file) ?? []), target])
      }
      expect(graph.size).toBeGreaterThan(0)
      expect(circleIn(graph)).toBeUndefined()
    },
  )

  test('keeps proxy and gateway apart', () => {
    const crossing = imports.filter(
      ({ file, target }) =>
        (file.startsWith('proxy/') && target.startsWith('gateway/')) ||
        (file.startsWith('gateway/') && target.startsWith('proxy/')),
    )
    expect(crossing).toEqual([])
  })
})

/** Returns the first circle that is found, its beginning named again at its end. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    const at = way.indexOf(file)
    if (at !== -1) return [...way.slice(at), file]
    if (done.has(file)) return undefined
    for (const target of graph.get(file) ?? []) {
      const circle = visit(target, [...way, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const circle = visit(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

function isAllowed(file: string, target: string): boolean {
  const room = roomOf(file)
  const allowed = MAY_IMPORT[room] ?? []
  if (allowed.includes('*') || target.startsWith(`${room}/`)) return true
  // The rest of a part may use its smaller rooms; a smaller room reaches out only where the table says so.
  if (roomOf(target).startsWith(`${room}/`)) return true
  return allowed.some((name) => target === name || target.startsWith(`${name}/`))
}

const roomOf = (file: string): string =>
  Object.keys(MAY_IMPORT)
    .filter((room) => file === room || file.startsWith(`${room}/`) || file.startsWith(`${room}.`))
    .sort((a, b) => b.length - a.length)[0] ?? file.split('/')[0]!

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/node_modules|\/build\/|\/dist\/|\/mappings\/|\/artifacts\/|\/cache\//.test(file))
}

/** Returns what a file imports of ours, as paths from the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const specifiers = [
    ...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g),
    ...text.matchAll(/new URL\('(\.[^']+)'/g),
  ]
  return specifiers.map((match) => relative(ROOT, join(dirname(file), match[1]!)))
}
