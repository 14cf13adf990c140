/** @module Who asks: the session that a request carries, by cookie or as a bearer token. */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../errors.ts'
import type { Session, Sessions } from './sessions.ts'

export const COOKIE = 'flytrap_session'

/** Returns the token that the request carries, if any. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? '') ?? []
  return bearer ?? request.cookies[COOKIE]
}

/** Returns nobody for a request without a token, and for one whose session ended. */
export function standingSession(request: FastifyRequest, sessions: Sessions): Session | undefined {
  const token = tokenOf(request)
  const session = token === undefined ? undefined : sessions.find(token)
  return session === 'expired' ? undefined : session
}

/** Returns nobody for a request without a token. Throws SIGN_IN_EXPIRED: who believes to be signed in must not read less. */
export function sessionOf(request: FastifyRequest, sessions: Sessions): Session | undefined {
  const token = tokenOf(request)
  if (token === undefined) return undefined
  const session = sessions.find(token)
  if (session === undefined || session === 'expired') {
    refuse('SIGN_IN_EXPIRED', 'You are not signed in any more. Sign in again, or ask without the session.')
  }
  return session
}
