/** @module What an error shows outside: our refusals with their code, what is wrong in a query, and of all else nothing. */
import type { GraphQLFormattedError } from 'graphql'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import { MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES, MAX_TOKENS } from './limits.ts'

/** Apollo's own codes for what the asker can mend. */
const ASKERS = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
]

export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { locations, path } = formatted
  const where = { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) }
  const { code, message } = limitOf(formatted.message) ?? refusalIn(error) ?? mendable(formatted) ?? INTERNAL
  return { message, ...where, extensions: { code } }
}

interface Shown {
  code: string
  message: string
}

const INTERNAL: Shown = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something failed here, not in your query. Ask again; the operator finds it in the log.',
}

/** Resolvers, scalars and variables wrap what is thrown in them. */
function refusalIn(error: unknown): Shown | undefined {
  for (let cause = error; cause instanceof Error; cause = (cause as { originalError?: unknown }).originalError) {
    if (cause instanceof GatewayError) return cause
  }
  return undefined
}

function mendable({ message, extensions }: GraphQLFormattedError): Shown | undefined {
  const code = extensions?.code
  return typeof code === 'string' && ASKERS.includes(code) ? { code, message } : undefined
}

/** The libraries' limits tell their name in the message alone. */
function limitOf(message: string): Shown | undefined {
  const limit = (code: GatewayErrorCode, text: string): Shown => ({ code, message: text })
  if (/^(Syntax Error: )?Query depth limit/.test(message))
    return limit('QUERY_TOO_DEEP', `A query may be ${MAX_DEPTH} levels deep.`)
  if (/^(Syntax Error: )?(Aliases|Directives) limit/.test(message)) {
    return limit('QUERY_TOO_COMPLEX', `A query may have ${MAX_ALIASES} aliases and ${MAX_DIRECTIVES} directives.`)
  }
  if (/recursively requests too many selections/.test(message)) {
    return limit('QUERY_TOO_COMPLEX', 'Its fragments repeat too many fields. Ask for fewer.')
  }
  if (/tokens\. Parsing aborted/.test(message)) {
    return limit('QUERY_TOO_LONG', `A query may have ${MAX_TOKENS} tokens.`)
  }
  return undefined
}
