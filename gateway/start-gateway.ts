/** @module Starts the gateway: the history, the GraphQL service over it, the playground and health. */
import { ApolloServer } from '@apollo/server'
import { unwrapResolverError } from '@apollo/server/errors'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import helmet from '@fastify/helmet'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from 'pino'
import { type EngineOptions, openEngine } from '../subgraph/engine/open-engine.ts'
import { engineStore } from './audit-store/engine-store.ts'
import { remembered } from './audit-store/remembered.ts'
import { formatError } from './limits/format-error.ts'
import {
  MAX_BODY_BYTES,
  MAX_RECURSIVE_SELECTIONS,
  MAX_TOKENS,
  plugins,
  REQUEST_TIMEOUT_MS,
  validationRules,
} from './limits/limits.ts'
import { addPages, CONTENT_SECURITY_POLICY } from './pages/add-pages.ts'
import { addRefusals } from './pages/add-refusals.ts'
import type { GatewayContext } from './resolvers/context.ts'
import { resolvers } from './resolvers/resolvers.ts'
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
  const context = { store: engineStore(engine), chainId, contract }
  const service = await startService({ host, port, context, log }).catch(async (error: unknown) => {
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
  /** Where the playground was built, if elsewhere. */
  playground?: string
}

/** The service over any audit store. */
export async function startService({ host, port, context, log, playground }: ServiceOptions): Promise<Gateway> {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: 'idle' })
  const apollo = createApollo(app, log)
  await apollo.start()
  try {
    addRefusals(app, log)
    await app.register(helmet, { contentSecurityPolicy: { directives: CONTENT_SECURITY_POLICY }, hsts: false })
    const perRequest = async (): Promise<GatewayContext> => ({ ...context, store: remembered(context.store) })
    await app.register(fastifyApollo(apollo), { path: '/graphql', context: perRequest })
    await addPages(app, { store: context.store, playground })
    await app.listen({ host, port })
  } catch (error) {
    await apollo.stop()
    throw error
  }
  const address = app.server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stop: () => apollo.stop(), // its drain closes the listener, and waits for what is being answered
  }
}

function createApollo(app: FastifyInstance, log: Logger): ApolloServer<GatewayContext> {
  return new ApolloServer<GatewayContext>({
    typeDefs: typeDefinitions,
    resolvers,
    introspection: true, // the schema is public
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false, // who started us stops us
    maxRecursiveSelections: MAX_RECURSIVE_SELECTIONS,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationOptions: { maxErrors: 5 },
    validationRules,
    plugins: [...plugins, ApolloServerPluginLandingPageDisabled(), fastifyApolloDrainPlugin(app)],
    formatError(formatted, error) {
      const shown = formatError(formatted, error)
      if (shown.extensions?.code === 'INTERNAL_SERVER_ERROR') {
        log.error({ err: unwrapResolverError(error), path: formatted.path }, 'query failed')
      }
      return shown
    },
  })
}
