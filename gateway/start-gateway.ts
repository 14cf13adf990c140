/** @module Starts the gateway: the history, the GraphQL service over it, the playground and health. */
import { ApolloServer } from '@apollo/server'
import { unwrapResolverError } from '@apollo/server/errors'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import cookie from '@fastify/cookie'
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from 'pino'
import { createFailoverRpc } from '../contracts/rpc/failover.ts'
import { type HistoryOptions, openHistory } from './audit-store/open-history.ts'
import { type AskPage, addExport } from './export/add-export.ts'
import { formatError } from './limits/format-error.ts'
import { httpStatus } from './limits/http-status.ts'
import {
  MAX_BODY_BYTES,
  MAX_RECURSIVE_SELECTIONS,
  MAX_TOKENS,
  plugins,
  REQUEST_TIMEOUT_MS,
  validationRules,
} from './limits/limits.ts'
import { addRateLimit, REQUESTS_PER_MINUTE, type RequestsPerMinute } from './limits/rate-limit.ts'
import { addPages } from './pages/add-pages.ts'
import { addRefusals } from './pages/add-refusals.ts'
import { createAsk } from './pages/ask.ts'
import type { OwnerPlace } from './pages/owner-place.ts'
import { addPolicy } from './pages/policy.ts'
import { type GatewayRecorderOptions, openGatewayRecorder, withoutRecorder } from './recorder/open-recorder.ts'
import type { GatewayRecorder } from './recorder/port.ts'
import { addDownload } from './reports/add-download.ts'
import type { MakingPlace } from './reports/making.ts'
import { openReportDesk, type ReportDeskOptions, withoutReports } from './reports/report-desk.ts'
import type { Foundation, GatewayContext } from './resolvers/context.ts'
import { contextPerRequest } from './resolvers/per-request.ts'
import { resolvers } from './resolvers/resolvers.ts'
import { typeDefinitions } from './schema/type-definitions.ts'
import { addSignIn } from './sign-in/add-sign-in.ts'
import { createNonces } from './sign-in/nonces.ts'
import { createRoles } from './sign-in/roles.ts'
import { withSealedAreas } from './sign-in/sealed-areas.ts'
import { createSessions } from './sign-in/sessions.ts'

const GRAPHQL = '/graphql'

export interface GatewayOptions extends HistoryOptions {
  host: string
  port: number
  /** Absent: it answers what is public, and shows no evidence. */
  recorder?: GatewayRecorderOptions
  /** For owners' pages: what a wallet and a device may be told. */
  owners?: Pick<OwnerPlace, 'publicRpcUrl' | 'devices'> | undefined
  /** Absent: reports cannot be asked for here. */
  reports?: ReportsPlace | undefined
  log: Logger
  reach?: Reach
}

export interface ReportsPlace extends Pick<MakingPlace, 'signerDir' | 'confirmations'> {
  limits?: ReportDeskOptions['limits']
}

/** How people and programs reach it. */
export interface Reach {
  /** The origins that people's browsers show: sign-in is for them alone. By default those of the listener. */
  origins?: readonly string[] | undefined
  /** Load balancers whose X-Forwarded-For counts, as addresses or networks. By default nobody's. */
  trustedProxies?: readonly string[] | undefined
  requestsPerMinute?: RequestsPerMinute | undefined
}

export interface Gateway extends Service {
  recorder: GatewayRecorder
}

export interface Service {
  url: string
  port: number
  /** Finishes what is being answered, then closes. */
  stop(): Promise<void>
}

/** Rejects with the listener's error (EADDRINUSE), RecordsError JOURNAL_*, or when there is no subgraph build. */
export async function startGateway({ host, port, engine, graphUrl, ...given }: GatewayOptions): Promise<Gateway> {
  const { log } = given
  const history = openHistory({ engine, graphUrl })
  const recorder = given.recorder === undefined ? withoutRecorder() : await openGatewayRecorder(given.recorder)
  let reports = withoutReports()
  const end = async (): Promise<void> => {
    await reports.stop()
    await history.stop()
    await recorder.stop()
  }
  try {
    await history.start()
    const { chainId, contract, deployBlock } = engine
    const rpc = createFailoverRpc(engine.rpcUrl, { deployment: { chainId, address: contract }, log })
    if (given.reports !== undefined && given.recorder !== undefined) {
      const { limits, ...signing } = given.reports
      const { evidencePath } = given.recorder
      const place = { ...signing, rpcUrl: engine.rpcUrl, chainId, contract, deployBlock, evidencePath }
      const roles = withSealedAreas(createRoles(rpc, contract), history.store)
      reports = openReportDesk({ place, recorder, roles, log, limits })
    }
    const context = { store: history.store, recorder, reports, rpc, chainId, contract }
    const owners = { ...given.owners, deployBlock }
    const service = await startService({ ...given.reach, host, port, context, owners, log })
    return {
      ...service,
      recorder,
      async stop() {
        await service.stop()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

export interface ServiceOptions extends Reach {
  host: string
  port: number
  context: Foundation
  owners?: Omit<OwnerPlace, 'chainId' | 'contract'>
  log: Logger
  /** Where the playground was built, if elsewhere. */
  playground?: string
  /** How long one request may take. */
  limitMs?: number
}

/** The service over any audit store. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { host, port, context, log, playground, trustedProxies } = options
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
  })
  const apollo = createApollo(app, log)
  await apollo.start()
  try {
    addRefusals(app, log)
    await addPolicy(app)
    await app.register(cookie)
    const sessions = createSessions()
    await addRateLimit(app, sessions, options.requestsPerMinute ?? REQUESTS_PER_MINUTE)
    const { store, rpc, chainId, contract } = context
    const origins = (): readonly string[] => options.origins ?? originsOf(app)
    addSignIn(app, { rpc, roles: createRoles(rpc, contract), chainId, origins, nonces: createNonces(), sessions, log })
    const contextOf = contextPerRequest(context, { sessions, limitMs: options.limitMs ?? REQUEST_TIMEOUT_MS })
    app.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.url === GRAPHQL) reply.header('cache-control', 'no-store')
    })
    await app.register(fastifyApollo(apollo), { path: GRAPHQL, context: async (request) => contextOf(request) })
    addDownload(app, contextOf)
    addExport(app, { ask: askerOf(apollo), contextOf, log })
    const place = { deployBlock: 0, ...options.owners, chainId, contract }
    const askAs = async (request: FastifyRequest) => createAsk(apollo, contextOf(request, { isStrict: false }))
    await addPages(app, { store, askAs, origins, log, place, playground })
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

/** The same service without HTTP around it: an export is many of its pages. */
const askerOf =
  (apollo: ApolloServer<GatewayContext>): AskPage =>
  async (query, variables, contextValue) => {
    const { body } = await apollo.executeOperation({ query, variables }, { contextValue })
    if (body.kind !== 'single') throw new Error('an answer in parts')
    const [error] = body.singleResult.errors ?? []
    if (error === undefined) return { data: body.singleResult.data }
    return { error: { code: String(error.extensions?.code), message: error.message } }
  }

/** Where a browser on this machine finds the listener. */
function originsOf(app: FastifyInstance): string[] {
  return app.addresses().flatMap((bound) => {
    if (typeof bound === 'string') return []
    const { address, port, family } = bound
    if (address === '127.0.0.1' || address === '::1') return [`http://127.0.0.1:${port}`, `http://localhost:${port}`]
    return [`http://${family === 'IPv6' ? `[${address}]` : address}:${port}`]
  })
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
    plugins: [
      ...plugins,
      httpStatus,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(), // no answer is for a cache, and it would be asked about every field
      fastifyApolloDrainPlugin(app),
    ],
    formatError(formatted, error) {
      const shown = formatError(formatted, error)
      if (shown.extensions?.code === 'INTERNAL_SERVER_ERROR') {
        log.error({ err: unwrapResolverError(error), path: formatted.path }, 'query failed')
      }
      return shown
    },
  })
}
