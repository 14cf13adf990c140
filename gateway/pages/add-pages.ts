/** @module What the service answers beside GraphQL: its health, the playground from local files, and plain refusals. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { AuditStore } from '../audit-store/port.ts'
import type { GatewayErrorCode } from '../errors.ts'
import { MAX_BODY_BYTES } from '../limits/limits.ts'

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
  log: Logger
  /** Where the playground was built. */
  playground?: string | undefined
}

export async function addPages(app: FastifyInstance, { store, log, playground = PLAYGROUND }: PagesOptions) {
  app.get('/', (_request, reply) => reply.redirect('/playground/'))
  app.get('/health', async (_request, reply) => {
    const { head, chainHeight, trouble } = await store.status()
    const isReady = head !== undefined && trouble === undefined
    const lag = head === undefined || chainHeight === undefined ? null : Math.max(0, chainHeight - head.number)
    return reply.code(isReady ? 200 : 503).send({ live: true, ready: isReady, lag, trouble: trouble ?? null })
  })
  addRefusals(app, log)
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

/** In GraphQL's shape, since it is its clients that ask; nothing of our insides. */
function addRefusals(app: FastifyInstance, log: Logger): void {
  const answer = (code: GatewayErrorCode | 'INTERNAL_SERVER_ERROR', message: string) => ({
    errors: [{ message, extensions: { code } }],
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(answer('NOT_FOUND', 'There is nothing here. Ask /graphql, or open /playground.')),
  )
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500
    reply.code(status)
    if (status === 413) return answer('BODY_TOO_LARGE', `A request may have ${MAX_BODY_BYTES} bytes.`)
    if (status < 500) return answer('BAD_REQUEST', 'Send JSON with a `query`, as content type application/json.')
    log.error({ err: error }, 'request failed')
    return answer('INTERNAL_SERVER_ERROR', 'Something failed here. Ask again; the operator finds it in the log.')
  })
}
