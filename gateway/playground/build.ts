/** @module Bundles the playground with Vite when its files or its packages have changed. Nothing is fetched. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const HERE = import.meta.dirname
const STAMP = join(HERE, 'dist', '.stamp')

function inputHash(): string {
  const require = createRequire(import.meta.url)
  const hash = createHash('sha256')
  for (const file of readdirSync(HERE)
    .filter((name) => /\.(ts|css|html)$/.test(name))
    .sort()) {
    hash.update(file).update(readFileSync(join(HERE, file)))
  }
  for (const name of ['graphiql', 'react', 'vite']) hash.update(readFileSync(require.resolve(`${name}/package.json`)))
  return hash.digest('hex')
}

const hash = inputHash()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== hash) {
  console.error('Building the playground (once) …')
  const { build } = await import('vite')
  await build({
    root: HERE,
    base: '/playground/',
    configFile: false,
    logLevel: 'error',
    build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
    worker: { format: 'es' },
  })
  writeFileSync(STAMP, hash)
}
