/** @module What a query may cost, each limit with its code. Hostile queries are refused before a resolver runs. */
import type { ApolloServerPlugin, GraphQLRequestContextDidResolveOperation } from '@apollo/server'
import { ApolloArmor } from '@escape.tech/graphql-armor'
import { GraphQLError } from 'graphql'
import { type ComplexityEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import type { GatewayContext } from '../resolvers/context.ts'
import { MAX_RIGHTS } from '../resolvers/rights.ts'

/** The deepest ready question needs 7; introspection is not counted. */
export const MAX_DEPTH = 10
export const MAX_TOKENS = 2_000
export const MAX_ALIASES = 15
export const MAX_DIRECTIVES = 20
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
  maxDirectives: { n: MAX_DIRECTIVES },
  maxTokens: { enabled: false },
  costLimit: { enabled: false },
  blockFieldSuggestion: { enabled: false },
}).protect()

export const validationRules = armor.validationRules

/** Characters of a question’s hash, name and variables. */
const MAX_REMEMBERED = 1_000

/** Lists without `first`, by what they hold at most, or usually. */
const LIST_SIZE: Readonly<Record<string, number>> = { accessRights: MAX_RIGHTS, recorders: 10 }

/** Fields that stand for many. */
const WEIGHT: Readonly<Record<string, number>> = {
  'Batch.recordBytes': 2_000,
  'Query.inclusion': 5_000,
  'Evidence.inclusion': 200,
}

const bySize: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const weight = WEIGHT[`${type.name}.${field.name}`]
  if (weight !== undefined) return weight
  const size = typeof args.first === 'number' ? Math.max(0, Math.min(args.first, 1_000)) : LIST_SIZE[field.name]
  return size === undefined ? undefined : 1 + size * Math.max(1, childComplexity)
}

const costPlugin: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation(operation) {
        const cost = knownCostOf(operation)
        if (cost <= MAX_COST) return
        const message = `This query costs ${cost}, more than ${MAX_COST}. Ask for fewer fields, or a smaller \`first\`.`
        throw new GatewayError('QUERY_TOO_COMPLEX', message, { status: 400 })
      },
    }
  },
}

type Operation = GraphQLRequestContextDidResolveOperation<GatewayContext>

/** The same questions are asked again and again. */
const costs = new LRUCache<string, number>({ max: 1_000 })

function knownCostOf(operation: Operation): number {
  const { queryHash, request } = operation
  const key = JSON.stringify([queryHash, request.operationName, request.variables])
  const known = costs.get(key)
  if (known !== undefined) return known
  const cost = costOf(operation)
  if (key.length <= MAX_REMEMBERED) costs.set(key, cost)
  return cost
}

/** Throws when a variable does not fit its type: without its value a query has no cost. */
function costOf({ request, document, schema }: Operation): number {
  const { variables, operationName } = request
  try {
    return getComplexity({
      schema,
      query: document,
      ...(variables === undefined ? {} : { variables }),
      ...(operationName === undefined ? {} : { operationName }),
      estimators: [bySize, simpleEstimator({ defaultComplexity: 1 })],
    })
  } catch (error) {
    // By name: a bundler or a test runner may load graphql twice.
    if (!(error instanceof Error && error.name === 'GraphQLError')) throw error
    const extensions = { code: 'BAD_USER_INPUT', http: { status: 400 } }
    throw new GraphQLError(error.message, { originalError: error, extensions })
  }
}

export const plugins: ApolloServerPlugin<GatewayContext>[] = [
  ...(armor.plugins as unknown as ApolloServerPlugin<GatewayContext>[]),
  costPlugin,
]
