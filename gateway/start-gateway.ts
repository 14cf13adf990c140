/** @module Starts the gateway: the history, the GraphQL service over it, the playground and health. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import helmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from 'pino'
import { type EngineOptions, openEngine } from '../subgraph/engine/open-engine.ts'
import { engineStore } from './audit-store/engine-store.ts'
import type { AuditStore } from './audit-store/port.ts'
import {
  formatError,
  MAX_BODY_BYTES,
  MAX_RECURSIVE_SELECTIONS,
  MAX_TOKENS,
  plugins,
  REQUEST_TIMEOUT_MS,
  validationRules,
} from './limits/limits.ts'
import type { GatewayContext } from './resolvers/context.ts'
import { resolvers } from './resolvers/index.ts'
import { typeDefinitions } from './schema/type-definitions.ts'

export interface GatewayOptions {
  host: string
  port: number
  engine: EngineOptions
  log: Logger
}

export interface Gateway {
  url: string
  port: number
  /** Finishes what is being answered, then closes. */
  stop(): Promise<void>
}

/** Rejects with the listener's error (EADDRINUSE), or when there is no subgraph build. */
export async function startGateway({ host, port, engine: engineOptions, log }: GatewayOptions): Promise<Gateway> {
  const engine = openEngine(engineOptions)
  await engine.start()
  const { chainId, contract } = engineOptions
  const service = await startService({
    host,
    port,
    context: { store: engineStore(engine), chainId, contract },
    log,
  }).catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  return {
    ...service,
    async stop() {
      await service.stop()
      await engine.stop()
    },
  }
}

export interface ServiceOptions {
  host: string
  port: number
  context: GatewayContext
  log: Logger
}

/** The service over any audit store. */
export async function startService({ host, port, context, log }: ServiceOptions): Promise<Gateway> {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: 'idle' })
  const apollo = new ApolloServer<GatewayContext>({
    typeDefs: typeDefinitions,
    resolvers,
    introspection: true, // the schema is public
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    maxRecursiveSelections: MAX_RECURSIVE_SELECTIONS,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationOptions: { maxErrors: 5 },
    validationRules,
    plugins: [...plugins, ApolloServerPluginLandingPageDisabled(), fastifyApolloDrainPlugin(app)],
    formatError: (formatted, error) => {
      const shown = formatError(formatted, error)
      if (shown.extensions?.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error }, 'query failed')
      return shown
    },
  })
  await apollo.start()
  await app.register(helmet, { contentSecurityPolicy: { directives: CSP }, hsts: false })
  await app.register(fastifyApollo(apollo), { path: '/graphql', context: async () => context })
  await addPages(app, context.store)
  await app.listen({ host, port })
  const address = app.server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async stop() {
      await apollo.stop()
      await app.close()
    },
  }
}

/** Nothing from elsewhere. The IDE's editor writes its styles inline, and runs its workers from our own files. */
const CSP = {
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

const PLAYGROUND = fileURLToPath(new URL('./playground/dist/', import.meta.url))

async function addPages(app: FastifyInstance, store: AuditStore): Promise<void> {
  app.get('/', (_request, reply) => reply.redirect('/playground/'))
  app.get('/health', async (_request, reply) => {
    const { head, chainHeight, trouble } = await store.status()
    const isReady = head !== undefined && trouble === undefined
    const lag = head === undefined || chainHeight === undefined ? null : chainHeight - head.number
    return reply.code(isReady ? 200 : 503).send({ live: true, ready: isReady, lag, trouble: trouble ?? null })
  })
  if (existsSync(PLAYGROUND)) {
    await app.register(fastifyStatic, { root: PLAYGROUND, prefix: '/playground/', redirect: true })
    app.get('/playground', (_request, reply) => reply.redirect('/playground/'))
  } else {
    const missing = 'The playground is not built. Build it with: npm run build'
    app.get('/playground', (_request, reply) => reply.code(503).type('text/plain').send(missing))
    app.get('/playground/', (_request, reply) => reply.code(503).type('text/plain').send(missing))
  }
}
