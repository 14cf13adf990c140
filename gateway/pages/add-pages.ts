/** @module What the service answers beside GraphQL: its health, and the playground from local files. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import type { AuditStore } from '../audit-store/port.ts'

const PLAYGROUND = fileURLToPath(new URL('../playground/dist/', import.meta.url))

/** Nothing from elsewhere. The IDE's editor writes its styles inline, and runs its workers from our own files. */
export const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  fontSrc: ["'self'", 'data:'],
  imgSrc: ["'self'", 'data:'],
  workerSrc: ["'self'", 'blob:'],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
}

export interface PagesOptions {
  store: AuditStore
  /** Where the playground was built. */
  playground?: string | undefined
}

export async function addPages(app: FastifyInstance, { store, playground = PLAYGROUND }: PagesOptions): Promise<void> {
  app.get('/', (_request, reply) => reply.redirect('/playground/'))
  app.get('/health', async (_request, reply) => {
    const { head, chainHeight, trouble } = await store.status()
    const isReady = head !== undefined && trouble === undefined
    const lag = head === undefined || chainHeight === undefined ? null : Math.max(0, chainHeight - head.number)
    return reply.code(isReady ? 200 : 503).send({ live: true, ready: isReady, lag, trouble: trouble ?? null })
  })
  await addPlayground(app, playground)
}

async function addPlayground(app: FastifyInstance, root: string): Promise<void> {
  if (!existsSync(root)) {
    const missing = 'The playground is not built. Build it with: npm run build'
    for (const path of ['/playground', '/playground/']) {
      app.get(path, (_request, reply) => reply.code(503).type('text/plain').send(missing))
    }
    return
  }
  await app.register(fastifyStatic, {
    root,
    prefix: '/playground/',
    redirect: true,
    preCompressed: true,
    setHeaders(reply, path) {
      // The bundler names these by their content; what leads to them is asked for each time.
      if (path.includes('/assets/')) reply.header('cache-control', 'public, max-age=31536000, immutable')
    },
  })
}
