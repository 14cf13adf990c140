/**
 * @module Bundles a folder's scripts with Vite when their inputs or packages have changed, and compresses what is worth it:
 * a regulator's browser is far away. Nothing is fetched.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { InlineConfig } from 'vite'

export interface Bundle {
  /** For people. */
  name: string
  /** Where the result goes. */
  dist: string
  /** Files and folders whose change makes it anew. */
  inputs: readonly string[]
  packages: readonly string[]
  config: InlineConfig
}

/** Not by `require.resolve`: some packages keep their package.json to themselves. */
const MODULES = join(import.meta.dirname, '..', 'node_modules')
const WORTH_COMPRESSING = 2_000

/** The stamp is written last: a build that was cut short is made again. */
export async function bundle({ name, dist, inputs, packages, config }: Bundle): Promise<void> {
  const stamp = join(dist, '.stamp')
  const hash = inputHash(inputs, [...packages, 'vite'])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  process.stderr.write(`Building ${name} (once) …\n`)
  const { build } = await import('vite')
  await build({ configFile: false, logLevel: 'error', ...config })
  compress(join(dist, 'assets'))
  writeFileSync(stamp, hash)
}

function inputHash(inputs: readonly string[], packages: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesIn)) hash.update(file).update(readFileSync(file))
  for (const name of packages) hash.update(readFileSync(join(MODULES, name, 'package.json')))
  return hash.digest('hex')
}

function filesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path)
    .filter((name) => /\.(ts|css|html|svg|json)$/.test(name))
    .sort()
    .map((name) => join(path, name))
}

function compress(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => /\.(js|css)$/.test(file))) {
    const bytes = readFileSync(join(folder, name))
    if (bytes.length >= WORTH_COMPRESSING) writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes))
  }
}
