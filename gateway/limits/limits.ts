/** @module What a query may cost, each limit with its code. Hostile queries are refused before a resolver runs. */
import type { ApolloServerPlugin } from '@apollo/server'
import { unwrapResolverError } from '@apollo/server/errors'
import { ApolloArmor } from '@escape.tech/graphql-armor'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { type ComplexityEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity'
import type { GatewayErrorCode } from '../errors.ts'
import type { GatewayContext } from '../resolvers/context.ts'

/** The deepest ready question needs 7; introspection is not counted. */
export const MAX_DEPTH = 10
export const MAX_TOKENS = 2_000
export const MAX_ALIASES = 15
/** Fields in sum, each list counted by its `first`: a page of 1,000 records with 20 fields fits. */
export const MAX_COST = 50_000
export const MAX_BODY_BYTES = 100_000
export const REQUEST_TIMEOUT_MS = 15_000
/** The IDE's introspection needs some hundreds. */
export const MAX_RECURSIVE_SELECTIONS = 2_000

// Token and cost limits of the armor are off: the parser's own and the estimator below know more.
const armor = new ApolloArmor({
  maxDepth: { n: MAX_DEPTH },
  maxAliases: { n: MAX_ALIASES },
  maxDirectives: { n: 20 },
  maxTokens: { enabled: false },
  costLimit: { enabled: false },
  blockFieldSuggestion: { enabled: false },
}).protect()

export const validationRules = armor.validationRules

const bySize: ComplexityEstimator = ({ args, childComplexity }) =>
  typeof args.first === 'number'
    ? 1 + Math.max(0, Math.min(args.first, 1_000)) * Math.max(1, childComplexity)
    : undefined

const costPlugin: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ request, document, schema }) {
        const { variables, operationName } = request
        const cost = getComplexity({
          schema,
          query: document,
          ...(variables === undefined ? {} : { variables }),
          ...(operationName === undefined ? {} : { operationName }),
          estimators: [bySize, simpleEstimator({ defaultComplexity: 1 })],
        })
        if (cost <= MAX_COST) return
        const code: GatewayErrorCode = 'QUERY_TOO_COMPLEX'
        const message = `This query costs ${cost}, more than ${MAX_COST}. Ask for fewer fields, or a smaller \`first\`.`
        throw new GraphQLError(message, { extensions: { code, http: { status: 400 } } })
      },
    }
  },
}

export const plugins: ApolloServerPlugin<GatewayContext>[] = [
  ...(armor.plugins as unknown as ApolloServerPlugin<GatewayContext>[]),
  costPlugin,
]

/** Gives the limits of libraries our codes, and hides whatever is no refusal of ours. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const limit = limitOf(formatted.message)
  if (limit !== undefined) return { ...formatted, ...limit }
  const code = formatted.extensions?.code
  // An error of ours that a resolver wrapped, or a scalar threw, carries its code and sentence as they are.
  const original = unwrapResolverError(error)
  const own = original instanceof GraphQLError ? original.extensions.code : undefined
  const cause = (error as { originalError?: unknown }).originalError
  const ownCause = cause instanceof GraphQLError ? cause : undefined
  if (ownCause?.extensions.code !== undefined) return { message: ownCause.message, extensions: ownCause.extensions }
  if (own !== undefined || (code !== undefined && code !== 'INTERNAL_SERVER_ERROR')) return formatted
  return {
    message: 'Something failed here, not in your query. Ask again; the operator finds it in the log.',
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  }
}

function limitOf(message: string): Pick<GraphQLFormattedError, 'message' | 'extensions'> | undefined {
  if (/depth limit/i.test(message)) {
    return { message: `A query may be ${MAX_DEPTH} levels deep.`, extensions: { code: 'QUERY_TOO_DEEP' } }
  }
  if (/aliases limit|directives limit/i.test(message)) {
    return {
      message: `A query may have ${MAX_ALIASES} aliases and 20 directives.`,
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    }
  }
  if (/tokens\. Parsing aborted/i.test(message)) {
    return { message: `A query may have ${MAX_TOKENS} tokens.`, extensions: { code: 'QUERY_TOO_LONG' } }
  }
  return undefined
}
