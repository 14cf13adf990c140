/**
 * @module Builds the subgraph with graph-cli, offline, when anything that goes into it has changed. The result deploys to
 * Graph Node as it is; subgraph/engine runs the same files.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import FLYTRAP from '../contracts/abi/FlyTrap.json' with { type: 'json' }

const HERE = import.meta.dirname
const STAMP = join(HERE, 'build', '.stamp')
const BIN = join(HERE, '..', 'node_modules', '.bin')

function inputHash(): string {
  const hash = createHash('sha256').update(JSON.stringify(FLYTRAP.abi))
  const mappings = readdirSync(join(HERE, 'mappings')).map((file) => join('mappings', file))
  for (const file of ['schema.graphql', 'subgraph.yaml', 'package.json', ...mappings.sort()]) {
    hash.update(file).update(readFileSync(join(HERE, file)))
  }
  return hash.digest('hex')
}

function graph(...args: string[]): void {
  // The npm scripts of a workspace lie in the root; its Node comes first in the PATH.
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` }
  const { status, stdout, stderr } = spawnSync(join(BIN, 'graph'), args, { cwd: HERE, env, encoding: 'utf8' })
  if (status === 0) return
  console.error(`${stdout}\n${stderr}`)
  throw new Error(`graph ${args[0]} failed: see above`)
}

const hash = inputHash()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== hash) {
  console.error('Building the subgraph (once) …')
  rmSync(join(HERE, 'build'), { recursive: true, force: true })
  mkdirSync(join(HERE, 'generated'), { recursive: true })
  writeFileSync(join(HERE, 'generated', 'FlyTrap.json'), JSON.stringify(FLYTRAP.abi))
  graph('codegen', 'subgraph.yaml')
  graph('build', 'subgraph.yaml')
  writeFileSync(STAMP, hash)
}
