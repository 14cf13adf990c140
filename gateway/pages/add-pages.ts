/** @module What the service answers beside GraphQL: its health, the pages, and the playground from local files. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { AuditStatus, AuditStore } from '../audit-store/port.ts'
import { GatewayError } from '../errors.ts'
import type { Ask } from './ask.ts'
import { addFiles } from './files.ts'
import { addOwnerPages } from './owner-pages.ts'
import type { OwnerPlace } from './owner-place.ts'
import { addReadPages } from './read-pages.ts'

const PLAYGROUND = fileURLToPath(new URL('../playground/dist/', import.meta.url))

export interface PagesOptions {
  store: AuditStore
  /** How a page asks the API, as the one who sent the request. */
  askAs(request: FastifyRequest): Promise<Ask>
  /** Where people reach this gateway. */
  origins: () => readonly string[]
  log: Logger
  /** Where owners' wallets find the contract. */
  place: OwnerPlace
  /** Where the playground was built. */
  playground?: string | undefined
}

export async function addPages(
  app: FastifyInstance,
  { store, askAs, origins, log, place, playground = PLAYGROUND }: PagesOptions,
): Promise<void> {
  app.get('/health', async (_request, reply) => {
    const { head, chainHeight, trouble } = await store.status().catch(inWords)
    const isReady = head !== undefined && trouble === undefined
    const lag = head === undefined || chainHeight === undefined ? null : Math.max(0, chainHeight - head.number)
    return reply.code(isReady ? 200 : 503).send({ live: true, ready: isReady, lag, trouble: trouble ?? null })
  })
  await addPlayground(app, playground)
  const files = await addFiles(app)
  addReadPages(app, { files, askAs, origins, log })
  addOwnerPages(app, files, place)
}

/** A history that does not answer is not ready, and no failure of ours. */
function inWords(error: unknown): AuditStatus {
  if (!(error instanceof GatewayError)) throw error
  return { head: undefined, chainHeight: undefined, trouble: error.message }
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
