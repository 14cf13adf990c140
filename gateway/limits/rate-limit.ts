/** @module How often one may ask: by wallet once signed in, else by address (IPv6 by its /64). */
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import { standingSession } from '../sign-in/viewer.ts'

export interface RequestsPerMinute {
  anonymous: number
  signedIn: number
  auditor: number
}

export const REQUESTS_PER_MINUTE: RequestsPerMinute = { anonymous: 1_200, signedIn: 2_400, auditor: 6_000 }
/** Addresses and wallets that are counted at once; the one that was quiet longest is forgotten first. */
const MAX_COUNTED = 50_000

export async function addRateLimit(app: FastifyInstance, sessions: Sessions, rates: RequestsPerMinute): Promise<void> {
  const sessionOf = (request: FastifyRequest) => standingSession(request, sessions)
  await app.register(rateLimit, {
    timeWindow: 60_000,
    cache: MAX_COUNTED,
    keyGenerator: (request) => sessionOf(request)?.account ?? normalizeIP(request.ip, 64),
    max(request) {
      const session = sessionOf(request)
      if (session === undefined) return rates.anonymous
      return session.wasAuditor ? rates.auditor : rates.signedIn
    },
    // By the route, for one path has many spellings.
    allowList: ({ routeOptions }) => FREE.some((path) => routeOptions.url?.startsWith(path)),
    errorResponseBuilder: (_request, { after }) =>
      new GatewayError('RATE_LIMITED', `You ask too often. Ask again in ${after}.`),
  })
}

/** Files and health cost nothing. */
const FREE = ['/playground/', '/pages/', '/health']
