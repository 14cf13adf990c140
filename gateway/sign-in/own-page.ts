/** @module Deeds are for our own pages: another site's may neither sign in for somebody nor ask in his name. */
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'

/** Browsers name the page that sends; programs name none. Throws FOREIGN_ORIGIN. */
export function assertOwnPage(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers
  if (origin === undefined || origins.includes(origin)) return
  throw new GatewayError('FOREIGN_ORIGIN', `Only pages of ${origins.join(' or ')} may do this.`)
}
