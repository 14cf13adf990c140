/**
 * @module Bundles the playground with Vite when its files or its packages have changed, and compresses what is worth it:
 * a regulator's browser is far away. Nothing is fetched.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const HERE = import.meta.dirname
const DIST = join(HERE, 'dist')
/** Written last: a build that was cut short is made again. */
const STAMP = join(DIST, '.stamp')
const WORTH_COMPRESSING = 2_000

const hash = inputHash()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== hash) {
  process.stderr.write('Building the playground (once) …\n')
  const { build } = await import('vite')
  await build({
    root: HERE,
    base: '/playground/',
    configFile: false,
    logLevel: 'error',
    build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
    worker: { format: 'es' },
  })
  compress(join(DIST, 'assets'))
  writeFileSync(STAMP, hash)
}

function inputHash(): string {
  const require = createRequire(import.meta.url)
  const hash = createHash('sha256')
  const files = readdirSync(HERE).filter((name) => /\.(ts|css|html|svg)$/.test(name))
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(HERE, file)))
  for (const name of ['graphiql', 'react', 'vite']) hash.update(readFileSync(require.resolve(`${name}/package.json`)))
  return hash.digest('hex')
}

function compress(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => /\.(js|css)$/.test(file))) {
    const bytes = readFileSync(join(folder, name))
    if (bytes.length >= WORTH_COMPRESSING) writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes))
  }
}
