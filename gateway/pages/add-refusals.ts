/** @module What is refused before GraphQL sees it, in GraphQL's shape; nothing of our insides. */
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { GatewayErrorCode } from '../errors.ts'
import { MAX_BODY_BYTES } from '../limits/limits.ts'

/** To be called before any route is added: each route keeps the handler of its time. */
export function addRefusals(app: FastifyInstance, log: Logger): void {
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
