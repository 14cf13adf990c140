/** @module The pages' own files: the style, and the scripts as they were bundled, named by their content. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const HERE = fileURLToPath(new URL('.', import.meta.url))
export const BUNDLED = join(HERE, 'dist')

export interface PageFiles {
  /** Path of the style. */
  style: string
  /** Path of an entry's script; undefined when nothing was bundled: pages that only read work all the same. */
  scriptOf(entry: string): string | undefined
}

export async function addFiles(app: FastifyInstance, bundled = BUNDLED): Promise<PageFiles> {
  const css = readFileSync(join(HERE, 'style.css'))
  const style = `/pages/style-${createHash('sha256').update(css).digest('hex').slice(0, 12)}.css`
  app.get(style, (_request, reply) => reply.type('text/css').header('cache-control', FOREVER).send(css))
  const manifest = readManifest(bundled)
  if (manifest !== undefined) {
    const root = join(bundled, 'assets')
    await app.register(fastifyStatic, {
      root,
      prefix: '/pages/assets/',
      decorateReply: false,
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
    })
  }
  return {
    style,
    scriptOf(entry) {
      const file = manifest?.[`browser/${entry}.ts`]?.file
      return file === undefined ? undefined : `/pages/${file}`
    },
  }
}

const FOREVER = 'public, max-age=31536000, immutable'

function readManifest(bundled: string): Record<string, { file: string }> | undefined {
  const path = join(bundled, 'manifest.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
