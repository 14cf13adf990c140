/** @module What is refused before GraphQL sees it, in GraphQL's shape; nothing of our insides. */
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import { MAX_BODY_BYTES } from '../limits/limits.ts'

const STATUS: Partial<Record<GatewayErrorCode, number>> = {
  RATE_LIMITED: 429,
  SIGN_IN_REFUSED: 401,
  SIGN_IN_EXPIRED: 401,
  SIGN_IN_NEEDED: 401,
  NOT_ENTITLED: 403,
  FOREIGN_ORIGIN: 403,
  NOT_FOUND: 404,
  HISTORY_NOT_READY: 503,
  HISTORY_BEHIND: 503,
  HISTORY_UNREACHABLE: 503,
  EVIDENCE_NOT_AVAILABLE: 503,
  RECORDS_UNAVAILABLE: 503,
  CHAIN_UNREACHABLE: 503,
  QUERY_TOO_SLOW: 503,
  EXPORTS_BUSY: 503,
  REPORT_UNDER_WAY: 409,
  REPORTS_BUSY: 503,
  REPORTS_UNAVAILABLE: 503,
}

/** To be called before any route is added: each route keeps the handler of its time. */
export function addRefusals(app: FastifyInstance, log: Logger): void {
  const answer = (code: GatewayErrorCode | 'INTERNAL_SERVER_ERROR', message: string) => ({
    errors: [{ message, extensions: { code } }],
  })
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .send(
        answer(
          'NOT_FOUND',
          'There is nothing here. Open / for the pages, /playground to ask, or send queries to /graphql.',
        ),
      ),
  )
  app.setErrorHandler((error: FastifyError | GatewayError, _request, reply) => {
    if (error instanceof GatewayError) {
      return reply.code(STATUS[error.code] ?? 400).send(answer(error.code, error.message))
    }
    const status = error.statusCode ?? 500
    reply.code(status)
    if (status === 413) return answer('BODY_TOO_LARGE', `A request may have ${MAX_BODY_BYTES} bytes.`)
    if (status < 500) return answer('BAD_REQUEST', 'Send JSON with a `query`, as content type application/json.')
    log.error({ err: error }, 'request failed')
    return answer('INTERNAL_SERVER_ERROR', 'Something failed here. Ask again; the operator finds it in the log.')
  })
}
